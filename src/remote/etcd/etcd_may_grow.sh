# needs: apart dial json etcdctl etcd_members
# args: cri_socket wanted
# Whether so many members are listed, each with a vote, started and healthy.
etcd_list || { last_words; exit 1; }
learner=$(printf '%s\n' "$members" | awk -F '\t' '$2 == "learner" { print $1, $4 }')
[ -z "$learner" ] || { echo "a member is still a learner: $learner"; exit 1; }
started=$(printf '%s\n' "$members" | awk -F '\t' '$3 == "started"' | wc -l)
[ "$started" -eq "$wanted" ] || { echo "$started members have started, the quorum check expected $wanted"; exit 1; }
etcd_see_well
