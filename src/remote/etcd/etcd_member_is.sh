# etcd_member_is.sh CRI_SOCKET PEER_URL listed|voting
cri_socket=$1
etcd_list || { last_words; exit 2; }
case $3:$(etcd_member "$2" | cut -f 2) in
*:) echo "no member is listed at $2"; exit 1 ;;
voting:learner) echo 'it learns, and has no vote yet'; exit 1 ;;
esac
