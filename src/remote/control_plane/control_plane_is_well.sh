# needs: apart kubectl
# args: server
# The API server, and the controller manager and scheduler by their own health endpoints. They let anybody ask; kubectl
# without any credentials would ask for a name instead.
pki=/etc/kubernetes/pki
see_ready "$server"
for port in 10257 10259; do
  apart k_within kubectl --kubeconfig /dev/null --server "https://127.0.0.1:$port" --insecure-skip-tls-verify --request-timeout=5s \
    --client-certificate "$pki/apiserver-kubelet-client.crt" --client-key "$pki/apiserver-kubelet-client.key" \
    get --raw /healthz || { echo "https://127.0.0.1:$port/healthz: $(last_words)"; exit 1; }
done
