# needs: apart dial json etcdctl etcd_members etcd_quorum
# args: id cri_socket
# The quorum check is made again right before. What became of it is looked at, whatever etcdctl says.
etcd_list || { last_words >&2; exit 1; }
etcd_lists "$id" || { echo "$id is not listed any more"; exit 0; }
etcd_without "$id" || moved "$why"
apart etcd_ctl member remove "$id" && is_removed=1 || is_removed=
why=$(last_words)
if etcd_list; then
  ! etcd_lists "$id" || { echo "${why:-etcd still lists $id}" >&2; exit 1; }
elif [ -z "$is_removed" ]; then
  echo "whether it was removed is unknown: ${why:-$(last_words)}" >&2
  exit 1
fi
echo "member $id is removed"
