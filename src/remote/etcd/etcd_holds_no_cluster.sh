# etcd_holds_no_cluster.sh CRI_SOCKET: whether nothing is kept in this etcd but what an init writes that did not end.
cri_socket=$1
apart etcd_beyond_init || { last_words; exit 2; }
[ -z "$answer" ] || { printf 'a Kubernetes cluster keeps its objects in it: %s\n' "$(printf '%s\n' "$answer" | head -n 1)"; exit 1; }
