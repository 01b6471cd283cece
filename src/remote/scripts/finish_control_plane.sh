# finish_control_plane.sh PHASE …: what kubeadm join does after the etcd member has started.
for phase; do
  kubeadm join phase control-plane-join "$phase" --config /run/hawser/kubeadm-join.yaml </dev/null
done
