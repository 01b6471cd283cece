# needs: run_folder apart kubectl
# args: seconds
# stdin: the id of the run's token. From now on the token lasts so long. One that has expired is deleted by the cluster,
# and created again.
read -r id || :
expires=$(date -u -d "@$(($(date +%s) + seconds))" +%Y-%m-%dT%H:%M:%SZ)
apart k -n kube-system get secret "bootstrap-token-$id" --ignore-not-found -o name || { last_words >&2; exit 1; }
if [ -z "$answer" ]; then
  timeout -k 5 20 kubeadm token create --config "$run_folder/kubeadm-upload.yaml" --kubeconfig /etc/kubernetes/admin.conf \
    </dev/null >/dev/null
  k_ends 10
  k -n kube-system label --overwrite secret "bootstrap-token-$id" "hawser/run=$id" </dev/null >/dev/null
else
  k -n kube-system patch secret "bootstrap-token-$id" --type merge -p "{\"stringData\":{\"expiration\":\"$expires\"}}" </dev/null >/dev/null
fi
