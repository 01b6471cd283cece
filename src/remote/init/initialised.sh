# needs: apart kubectl
# args: server addon
# stdin: the id of the run's token. Whether the init of this run came to its end; `addon` is the DaemonSet that it makes
# last, or - where it is to make none. An earlier init may have got as far as cluster-info, and its token is not this
# run's.
[ -f /etc/kubernetes/admin.conf ] || { echo 'no admin.conf yet'; exit 1; }
read -r id || :
there() { k --server "$server" -n "$1" get "$2" "$3" -o name </dev/null >/dev/null 2>&1 || { echo "no $3 yet"; exit 1; }; }
see_ready "$server"
there kube-public configmap cluster-info
there kube-system secret "bootstrap-token-$id"
[ "$addon" = - ] || there kube-system daemonset "$addon"
