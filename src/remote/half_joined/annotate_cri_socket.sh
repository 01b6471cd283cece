# needs: apart kubectl
# args: server node socket
# The last thing that kubeadm join does for a kubelet.
k_ends 50
k --server "$server" annotate node "$node" --overwrite "kubeadm.alpha.kubernetes.io/cri-socket=$socket"
