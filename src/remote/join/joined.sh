# joined.sh ROLE SERVER: the kubelet has its identity; a control plane's own API server is well too.
has_identity /etc/kubernetes/kubelet.conf || { echo 'the kubelet has no client certificate yet'; exit 1; }
[ "$1" = control-plane ] || exit 0
[ -f /etc/kubernetes/admin.conf ] || { echo 'no admin.conf yet'; exit 1; }
apart k --server "$2" get --raw /readyz || { echo "/readyz: $(last_words)"; exit 1; }
