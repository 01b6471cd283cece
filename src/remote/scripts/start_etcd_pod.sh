# Makes the kubelet run what its drop-in says. Nobody waits for etcd here: it is well when the others run too.
systemctl daemon-reload
systemctl enable -q kubelet 2>&1
systemctl restart --no-block kubelet
