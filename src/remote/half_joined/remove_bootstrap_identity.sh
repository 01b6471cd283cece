# needs: kubelet_identity
# It holds a token: kubeadm removes it at the end of a join, which this one did not come to. A kubelet without a
# certificate still needs it, if only to start at all.
! has_identity /etc/kubernetes/kubelet.conf || rm -f /etc/kubernetes/bootstrap-kubelet.conf
