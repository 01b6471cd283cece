systemctl enable -q kubelet 2>&1
systemctl restart kubelet
