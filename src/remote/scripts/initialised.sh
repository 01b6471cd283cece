# initialised.sh SERVER ADDON: the API server is well and init came to its end; ADDON is the DaemonSet that it makes last,
# or - where it is to make none.
[ -f /etc/kubernetes/admin.conf ] || { echo 'no admin.conf yet'; exit 1; }
said=$(k --server "$1" get --raw /readyz 2>&1) || { echo "/readyz: $said"; exit 1; }
k --server "$1" -n kube-public get configmap cluster-info -o name >/dev/null 2>&1 || { echo 'no cluster-info yet'; exit 1; }
[ "$2" = - ] || k --server "$1" -n kube-system get daemonset "$2" -o name >/dev/null 2>&1 || { echo "no $2 yet"; exit 1; }
