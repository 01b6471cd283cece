# needs: apart json etcdctl etcd_beyond_init
# args: cri_socket
# Whether nothing is kept in this etcd but what an init writes that did not end.
apart etcd_beyond_init || { last_words; exit 2; }
[ -z "$answer" ] || { printf 'a Kubernetes cluster keeps its objects in it: %s\n' "$(printf '%s\n' "$answer" | head -n 1)"; exit 1; }
