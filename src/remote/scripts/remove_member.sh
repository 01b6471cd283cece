# remove_member.sh ID CRI_SOCKET: whoever plans it has done the quorum's sum. kubeadm reset may have removed it already.
cri_socket=$2
listed=$(etcd_ctl member list)
case $listed in
*"$1"*) etcd_ctl member remove "$1" ;;
*) echo "$1 is not listed any more" ;;
esac
