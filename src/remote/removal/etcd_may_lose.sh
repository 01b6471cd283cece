# etcd_may_lose.sh ID CRI_SOCKET: whether the member does not run and the others hold the quorum without it.
cri_socket=$2
etcd_list || { last_words; exit 1; }
etcd_lists "$1" || exit 0
etcd_without "$1" || { echo "$why"; exit 1; }
