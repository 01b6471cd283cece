# needs: apart dial json etcdctl etcd_members
# args: cri_socket
# Whether this host's own member answers and follows a leader. One that learns answers no more.
apart etcd_ctl endpoint status -w json || { last_words; exit 1; }
leader=$(printf '%s\n' "$answer" | json_lines | awk -F '\t' '$1 == "0.Status.leader" { print $2 }')
case $leader in
'' | 0) echo 'it follows no leader yet'; exit 1 ;;
esac
