# remove_member.sh ID CRI_SOCKET: whoever plans it has done the quorum's sum. kubeadm reset may have removed it already. What
# became of it is looked at, whatever etcdctl says.
cri_socket=$2
is_listed() { printf '%s\n' "$members" | cut -f 1 | grep -qxF -e "$1"; }
etcd_list || { last_words >&2; exit 1; }
is_listed "$1" || { echo "$1 is not listed any more"; exit 0; }
apart etcd_ctl member remove "$1" && is_removed=1 || is_removed=
why=$(last_words)
if etcd_list; then
  ! is_listed "$1" || { echo "${why:-etcd still lists $1}" >&2; exit 1; }
elif [ -z "$is_removed" ]; then
  echo "whether it was removed is unknown: ${why:-$(last_words)}" >&2
  exit 1
fi
echo "member $1 is removed"
