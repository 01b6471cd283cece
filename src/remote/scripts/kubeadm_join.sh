outlive kubeadm-join kubeadm join --config /run/hawser/kubeadm-join.yaml
