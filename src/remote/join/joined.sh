# needs: kubelet_identity apart kubectl
# args: role server
# The kubelet has its identity; a control plane's own API server is well too.
has_identity /etc/kubernetes/kubelet.conf || { echo 'the kubelet has no client certificate yet'; exit 1; }
[ "$role" = control-plane ] || exit 0
[ -f /etc/kubernetes/admin.conf ] || { echo 'no admin.conf yet'; exit 1; }
see_ready "$server"
