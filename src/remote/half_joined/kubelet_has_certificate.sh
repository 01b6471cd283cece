# needs: kubelet_identity
# The kubelet has asked for its client certificate and got it.
has_identity /etc/kubernetes/kubelet.conf || { echo "the kubelet has no client certificate yet"; exit 1; }
