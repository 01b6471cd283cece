# needs: apart kubectl
# args: server
# stdin: a JSON patch. Changes nothing where kubeadm-config is not as the patch expects it.
k_ends 50
k --server "$server" -n kube-system patch configmap kubeadm-config --type json -p "$(cat)"
