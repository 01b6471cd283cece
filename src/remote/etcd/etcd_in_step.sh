# needs: apart dial json etcdctl etcd_members
# args: cri_socket peer_url voters
# Whether the learner answers and has the leader's log, and so many with a vote answer. etcd itself would promote one
# that has nine tenths of the log, and one that had them before it went down.
etcd_list || { last_words; exit 1; }
id=$(etcd_member "$peer_url" | awk -F '\t' '$5 != "" { print $1 }')
[ -n "$id" ] || { echo 'it has not published its client URL yet'; exit 1; }
etcd_each etcd_status | sort -u | awk -F '\t' -v id="$id" -v voters="$voters" '
$4 + 0 > last { last = $4 + 0 }
$1 == id { answers = 1; own = $4 + 0; next }
$2 == "voter" && !counted[$1]++ { running++ }
END {
  if (running < voters) { print running + 0 " of " voters " members with a vote answer"; exit 1 }
  if (!answers) { print "it does not answer yet"; exit 1 }
  if (own * 20 < last * 19 || last - own > 1000) { print "it has " own " of " last " entries of the log"; exit 1 }
}'
