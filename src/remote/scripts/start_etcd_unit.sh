# start_etcd_unit.sh DATA: etcd tells systemd that it is ready when a quorum is, so nobody waits for it here.
install -d -m 700 -o etcd -g etcd -- "$1"
systemctl daemon-reload
systemctl enable -q etcd 2>&1
systemctl restart --no-block etcd
