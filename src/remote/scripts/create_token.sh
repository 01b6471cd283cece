# The token itself is what this prints, so nobody reads it.
kubeadm token create --config /run/hawser/kubeadm-upload.yaml --kubeconfig /etc/kubernetes/admin.conf </dev/null >/dev/null
