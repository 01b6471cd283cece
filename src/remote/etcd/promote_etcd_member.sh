# needs: apart dial json etcdctl etcd_members
# args: cri_socket peer_url
# Gives a learner its vote, once. What became of it is looked at, whatever etcdctl says.
etcd_list || { last_words >&2; exit 1; }
id=$(etcd_member "$peer_url" | cut -f 1)
[ -n "$id" ] || { echo "no member is listed at $peer_url" >&2; exit 1; }
apart etcd_ctl member promote "$id" || :
why=$(last_words)
etcd_list || { echo "whether it was promoted is unknown: $(last_words)" >&2; exit 1; }
[ "$(etcd_member "$peer_url" | cut -f 2)" = voter ] || { echo "${why:-it is still a learner}" >&2; exit 1; }
echo "member $id at $peer_url has a vote"
