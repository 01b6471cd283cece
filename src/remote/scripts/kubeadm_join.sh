exec kubeadm join --config /run/hawser/kubeadm-join.yaml </dev/null
