# annotate_cri_socket.sh SERVER NODE SOCKET: the last thing that kubeadm join does for a kubelet.
k_ends 50
k --server "$1" annotate node "$2" --overwrite "kubeadm.alpha.kubernetes.io/cri-socket=$3"
