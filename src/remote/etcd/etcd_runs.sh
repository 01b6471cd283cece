# etcd_runs.sh CRI_SOCKET: whether this host's own member answers and follows a leader. One that learns answers no more.
cri_socket=$1
apart etcd_ctl endpoint status -w json || { last_words; exit 1; }
leader=$(printf '%s\n' "$answer" | json_lines | awk -F '\t' '$1 == "0.Status.leader" { print $2 }')
case $leader in
'' | 0) echo 'it follows no leader yet'; exit 1 ;;
esac
