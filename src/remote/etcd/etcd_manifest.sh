# needs: run_folder
# args: flags…
# Writes etcd's static pod, as kubeadm has it, from the file of this host.
kubeadm init phase etcd local --config "$run_folder/kubeadm-etcd.yaml" "$@" </dev/null
