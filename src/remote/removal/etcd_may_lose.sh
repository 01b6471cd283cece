# needs: apart dial json etcdctl etcd_members etcd_quorum
# args: id cri_socket
# Whether the member does not run and the others hold the quorum without it.
etcd_list || { last_words; exit 1; }
etcd_lists "$id" || exit 0
etcd_without "$id" || { echo "$why"; exit 1; }
