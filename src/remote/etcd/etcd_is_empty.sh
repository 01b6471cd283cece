# needs: apart dial json etcdctl etcd_members
# args: cri_socket
# Whether nothing is kept in this etcd, below whatever prefix: a Kubernetes cluster may have its own (--etcd-prefix).
apart etcd_ctl get '' --prefix --keys-only --limit 2 -w json || { last_words; exit 1; }
told=$(printf '%s\n' "$answer" | json_lines) || { echo 'what etcdctl answers is not understood'; exit 2; }
printf '%s\n' "$told" | grep -q '^header\.' || { echo 'what etcdctl answers is not understood'; exit 2; }
# compact_rev_key, which every API server writes, is no object.
key=$(printf '%s\n' "$told" | sed -n 's/^kvs\.[0-9]*\.key	//p' | grep -vxF Y29tcGFjdF9yZXZfa2V5 | head -n 1 || :)
[ -z "$key" ] || { echo "a Kubernetes cluster keeps its objects in it, such as $(printf %s "$key" | base64 -d): a new cluster would treat them as its objects"; exit 1; }
