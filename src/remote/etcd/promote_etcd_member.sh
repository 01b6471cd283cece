# promote_etcd_member.sh CRI_SOCKET PEER_URL: gives a learner its vote, once. What became of it is looked at, whatever
# etcdctl says.
cri_socket=$1
etcd_list || { last_words >&2; exit 1; }
id=$(etcd_member "$2" | cut -f 1)
[ -n "$id" ] || { echo "no member is listed at $2" >&2; exit 1; }
apart etcd_ctl member promote "$id" || :
why=$(last_words)
etcd_list || { echo "whether it was promoted is unknown: $(last_words)" >&2; exit 1; }
[ "$(etcd_member "$2" | cut -f 2)" = voter ] || { echo "${why:-it learns, and has no vote yet}" >&2; exit 1; }
echo "member $id at $2 has a vote"
