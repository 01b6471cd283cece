# etcd_in_step.sh CRI_SOCKET PEER_URL VOTERS: whether the learner answers and has the leader's log, and so many with a vote
# answer. etcd itself would promote one that has nine tenths of the log, and one that had them before it went down.
cri_socket=$1
listed=$(etcd_ctl member list 2>&1) || { printf '%s\n' "$listed" | tail -n 1 | cut -c -300; exit 1; }
clients=$(printf '%s\n' "$listed" | awk -F ', ' -v url="$2" '$4 == url { print $5 }')
[ -n "$clients" ] || { echo 'it has not told yet where it answers'; exit 1; }
told=$(etcd_ctl endpoint status --cluster -w json 2>/dev/null) || :
printf '%s\n' "$told" | sed 's/{"Endpoint"/\n&/g' | awk -v endpoint="\"$clients\"" -v voters="$3" '
match($0, /"raftIndex":[0-9]+/) {
  at = substr($0, RSTART + 12, RLENGTH - 12) + 0
  if (at > last) last = at
  if (index($0, endpoint)) { answers = 1; own = at } else if (!/"isLearner":true/) running++
}
END {
  if (running < voters) { print running + 0 " of " voters " members with a vote answer"; exit 1 }
  if (!answers) { print "it does not answer yet"; exit 1 }
  if (own * 20 < last * 19 || last - own > 1000) { print "it has " own " of " last " entries of the log"; exit 1 }
}'
