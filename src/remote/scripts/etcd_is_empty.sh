# etcd_is_empty.sh CRI_SOCKET: whether no Kubernetes cluster keeps its objects in this etcd.
cri_socket=$1
apart etcd_ctl get /registry/ --prefix --keys-only --limit 1 -w json || { last_words; exit 1; }
told=$(printf '%s\n' "$answer" | json_lines) || { echo 'what etcdctl answers is not understood'; exit 2; }
printf '%s\n' "$told" | grep -q '^header\.' || { echo 'what etcdctl answers is not understood'; exit 2; }
! printf '%s\n' "$told" | grep -q '^kvs\.' || { echo 'a Kubernetes cluster keeps its objects in it: a new one would take them for its own'; exit 1; }
