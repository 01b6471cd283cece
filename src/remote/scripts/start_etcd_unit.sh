# start_etcd_unit.sh DATA: etcd tells systemd that it is ready when a quorum is, so nobody waits for it here.
install -d -m 700 -o etcd -g etcd -- "$1"
# Where a kubelet ran the member until now, all that it reads and writes is root's.
chown -R etcd:etcd -- "$1"
chown root:etcd -- /etc/kubernetes/pki/etcd/server.key /etc/kubernetes/pki/etcd/peer.key
chmod 640 -- /etc/kubernetes/pki/etcd/server.key /etc/kubernetes/pki/etcd/peer.key
systemctl daemon-reload
systemctl enable -q etcd 2>&1
systemctl restart --no-block etcd
