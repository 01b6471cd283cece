# needs: run_folder apart kubectl
# args: label
# stdin: the id of the run's token. The token itself is what kubeadm prints, so nobody reads
# it. It only asks the API: ended, it leaves nothing half done. By the label a later run knows what hawser has made.
read -r id || :
timeout -k 5 35 kubeadm token create --config "$run_folder/kubeadm-upload.yaml" --kubeconfig /etc/kubernetes/admin.conf \
  </dev/null >/dev/null
k_ends 15
k -n kube-system label --overwrite secret "bootstrap-token-$id" "$label=$id" </dev/null >/dev/null
