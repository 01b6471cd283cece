# etcd_is_empty.sh CRI_SOCKET: whether no Kubernetes cluster keeps its objects in this etcd.
cri_socket=$1
keys=$(etcd_ctl get /registry/ --prefix --keys-only --limit 1 2>&1) || { printf '%s\n' "$keys" | tail -n 1 | cut -c -300; exit 1; }
[ -z "$keys" ] || { echo 'a Kubernetes cluster keeps its objects in it: a new one would take them for its own'; exit 1; }
