# etcd_runs.sh CRI_SOCKET: whether this host's own member answers and follows a leader. One that learns answers no more.
cri_socket=$1
said=$(etcd_ctl endpoint status -w json 2>&1) || { printf '%s\n' "$said" | grep -v '^\[\]$' | tail -n 1 | cut -c -300; exit 1; }
case $said in
*'"leader":'[1-9]*) ;;
*) echo 'it follows no leader yet'; exit 1 ;;
esac
