# etcd_member_is.sh CRI_SOCKET PEER_URL listed|voting
cri_socket=$1
listed=$(etcd_ctl member list 2>&1) || { printf '%s\n' "$listed" | tail -n 1 | cut -c -300; exit 2; }
learns=$(printf '%s\n' "$listed" | awk -F ', ' -v url="$2" '$4 == url { print $6 }')
case $3:$learns in
*:) echo "no member is listed at $2"; exit 1 ;;
voting:true) echo 'it learns, and has no vote yet'; exit 1 ;;
esac
