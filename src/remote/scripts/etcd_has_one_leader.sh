# etcd_has_one_leader.sh CRI_SOCKET MEMBERS: whether so many members with a vote are healthy and follow one leader. A learner
# answers no question after its health.
cri_socket=$1
listed=$(etcd_ctl member list 2>&1) || { printf '%s\n' "$listed" | tail -n 1 | cut -c -300; exit 1; }
learner=$(printf '%s\n' "$listed" | awk -F ', ' '$6 == "true" { print $5 }')
said=$(etcd_ctl endpoint health --cluster 2>&1) || {
  unwell=$(printf '%s\n' "$said" | grep 'is unhealthy' | grep -vF "${learner:-no learner} is unhealthy") || :
  [ -n "$learner" ] || unwell=${unwell:-$said}
  [ -z "$unwell" ] || { printf '%s\n' "$unwell" | tail -n 1 | cut -c -300; exit 1; }
}
leaders=$(etcd_ctl endpoint status --cluster -w json 2>/dev/null | sed 's/{"Endpoint"/\n&/g' | grep -v '"isLearner":true' | grep -o '"leader":[0-9]*')
members=$(printf '%s\n' "$leaders" | grep -c leader || :)
[ "$members" -ge "$2" ] || { echo "$members of $2 members have a leader"; exit 1; }
[ "$(printf '%s\n' "$leaders" | sort -u | wc -l)" -eq 1 ] || { echo 'the members follow different leaders'; exit 1; }
