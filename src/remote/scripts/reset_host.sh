# reset_host.sh CRI_SOCKET: what kubeadm left of a join that did not finish. The etcd member is removed elsewhere, after the sum.
outlive kubeadm-reset kubeadm reset -f --cri-socket "$1"
# Contents only: some of these are mounts or belong to packages.
for folder in /etc/cni/net.d /var/lib/cni /etc/kubernetes/manifests /etc/kubernetes/pki /var/lib/etcd; do
  [ ! -d "$folder" ] || find "$folder" -mindepth 1 -delete
done
rm -f /etc/kubernetes/*.conf
