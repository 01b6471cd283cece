# needs: listens
# Makes the kubelet run what its drop-in says. Nobody waits for etcd here: it is well when the others run too. Where
# etcd listens by now the kubelet that runs it is left as it is.
systemctl daemon-reload
systemctl enable -q kubelet 2>&1
if listens 2379; then systemctl start --no-block kubelet; else systemctl restart --no-block kubelet; fi
