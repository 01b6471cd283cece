# remove_member.sh ID CRI_SOCKET: the quorum check is made again right before. What became of it is looked at, whatever
# etcdctl says.
cri_socket=$2
etcd_list || { last_words >&2; exit 1; }
etcd_lists "$1" || { echo "$1 is not listed any more"; exit 0; }
etcd_without "$1" || moved "$why"
apart etcd_ctl member remove "$1" && is_removed=1 || is_removed=
why=$(last_words)
if etcd_list; then
  ! etcd_lists "$1" || { echo "${why:-etcd still lists $1}" >&2; exit 1; }
elif [ -z "$is_removed" ]; then
  echo "whether it was removed is unknown: ${why:-$(last_words)}" >&2
  exit 1
fi
echo "member $1 is removed"
