# needs: apart dial json etcdctl etcd_members
# args: cri_socket peer_url wanted
etcd_list || { last_words; exit 2; }
case $wanted:$(etcd_member "$peer_url" | cut -f 2) in
*:) echo "no member is listed at $peer_url"; exit 1 ;;
voting:learner) echo 'it is still a learner'; exit 1 ;;
esac
