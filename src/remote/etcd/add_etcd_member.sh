# needs: apart dial json etcdctl etcd_members
# args: cri_socket name peer_url
# As a learner, which has no vote. In the first five seconds after another member has started etcd says no, and has
# changed nothing: then it is asked again. Whatever else etcdctl says, what became of it is looked at.
left=15
until apart etcd_ctl member add "$name" --peer-urls="$peer_url" --learner; do
  left=$((left - 1))
  case $left:$words in
  0:*) break ;;
  *'etcdserver: unhealthy cluster'*) sleep 1 ;;
  *) break ;;
  esac
done
why=$(last_words)
etcd_list || { echo "whether it was added is unknown: $(last_words)" >&2; exit 1; }
id=$(etcd_member "$peer_url" | cut -f 1)
[ -n "$id" ] || { echo "${why:-etcd lists no member at $peer_url}" >&2; exit 1; }
[ "$(etcd_member "$peer_url" | cut -f 2)" = learner ] || { echo "another member is listed at $peer_url, and has a vote: ${why:-$id}" >&2; exit 1; }
echo "member $id is listed at $peer_url"
