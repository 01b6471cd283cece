# joined.sh ROLE SERVER: the kubelet has its identity; a control plane's own API server is well too.
has_identity /etc/kubernetes/kubelet.conf || { echo 'the kubelet has no client certificate yet'; exit 1; }
[ "$1" = control-plane ] || exit 0
[ -f /etc/kubernetes/admin.conf ] || { echo 'no admin.conf yet'; exit 1; }
said=$(k --server "$2" get --raw /readyz 2>&1) || { echo "/readyz: $said"; exit 1; }
