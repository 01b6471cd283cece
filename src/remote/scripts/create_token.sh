# The token itself is what this prints, so nobody reads it. It only asks the API: ended, it leaves nothing half done.
timeout -k 5 50 kubeadm token create --config /run/hawser/kubeadm-upload.yaml --kubeconfig /etc/kubernetes/admin.conf \
  </dev/null >/dev/null
