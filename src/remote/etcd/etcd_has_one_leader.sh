# needs: apart dial json etcdctl etcd_members
# args: cri_socket wanted
# Whether so many members with a vote are healthy and follow one leader. A learner answers no question after its health.
etcd_list || { last_words; exit 1; }
etcd_see_well
leaders=$(etcd_each etcd_status | awk -F '\t' '$2 == "voter" && $3 != "0" { print $1, $3 }' | sort -u)
members=$(printf '%s\n' "$leaders" | grep -c . || :)
[ "$members" -ge "$wanted" ] || { echo "$members of $wanted members have a leader"; exit 1; }
[ "$(printf '%s\n' "$leaders" | cut -d ' ' -f 2 | sort -u | wc -l)" -eq 1 ] || { echo 'the members follow different leaders'; exit 1; }
