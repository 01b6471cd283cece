# etcd_manifest.sh FLAG …: writes etcd's static pod, as kubeadm has it, from the file of this host.
kubeadm init phase etcd local --config /run/hawser/kubeadm-etcd.yaml "$@" </dev/null
