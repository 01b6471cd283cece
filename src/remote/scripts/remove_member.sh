# remove_member.sh ID CRI_SOCKET: whoever plans it has done the quorum's sum.
cri_socket=$2
etcd_ctl member remove "$1"
