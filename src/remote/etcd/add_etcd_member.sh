# add_etcd_member.sh CRI_SOCKET NAME PEER_URL: as a learner, which has no vote. In the first five seconds after another
# member has started etcd says no, and has changed nothing: then it is asked again. Whatever else etcdctl says, what
# became of it is looked at.
cri_socket=$1
left=15
until apart etcd_ctl member add "$2" --peer-urls="$3" --learner; do
  left=$((left - 1))
  case $left:$words in
  0:*) break ;;
  *'etcdserver: unhealthy cluster'*) sleep 1 ;;
  *) break ;;
  esac
done
why=$(last_words)
etcd_list || { echo "whether it was added is unknown: $(last_words)" >&2; exit 1; }
id=$(etcd_member "$3" | cut -f 1)
[ -n "$id" ] || { echo "${why:-etcd lists no member at $3}" >&2; exit 1; }
[ "$(etcd_member "$3" | cut -f 2)" = learner ] || { echo "another member is listed at $3, and has a vote: ${why:-$id}" >&2; exit 1; }
echo "member $id is listed at $3"
