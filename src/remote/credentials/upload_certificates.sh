# needs: run_folder apart kubectl kubeadm_certs
# args: label
# stdin: the id of the run's token. Not over somebody else's (kubeadm_certs.sh).
config=$run_folder/kubeadm-upload.yaml
read -r id || :
k_ends 50
certificates_of_others || { last_words >&2; exit 1; }
[ -z "$others" ] || moved "$others"
k -n kube-system delete secret kubeadm-certs --ignore-not-found </dev/null
# It only asks the API: ended, it leaves nothing half done.
timeout -k 5 300 kubeadm init phase upload-certs --upload-certs --config "$config" --skip-certificate-key-print </dev/null
k_ends 30
k -n kube-system label --overwrite secret kubeadm-certs "$label=$id" </dev/null >/dev/null
