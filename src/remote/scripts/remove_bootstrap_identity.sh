# It holds a token: kubeadm removes it at the end of a join, which this one did not come to.
[ ! -f /etc/kubernetes/kubelet.conf ] || rm -f /etc/kubernetes/bootstrap-kubelet.conf
