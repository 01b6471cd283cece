# args: data_directory
# Starts etcd where it does not run. It tells systemd that it is ready when a quorum is, so
# nobody waits for it here. One that was ready is left as it is, whether it answers or not: a restart would interrupt
# it, and cures neither a slow disk nor an alarm.
told() { systemctl show -p "$1" etcd | sed "s/^$1=//"; }
state=$(told ActiveState)
case $state in
active | reloading | refreshing)
  echo "etcd is $state: it is not started again"
  exit 0
  ;;
esac
install -d -m 700 -o etcd -g etcd -- "$data_directory"
# Where a kubelet ran the member until now, all that it reads and writes is root's.
chown -R etcd:etcd -- "$data_directory"
chown root:etcd -- /etc/kubernetes/pki/etcd/server.key /etc/kubernetes/pki/etcd/peer.key
chmod 640 -- /etc/kubernetes/pki/etcd/server.key /etc/kubernetes/pki/etcd/peer.key
is_changed=$(told NeedDaemonReload)
systemctl daemon-reload
systemctl enable -q etcd 2>&1
# One that has waited for a quorum since its start serves nobody yet. It goes on waiting, unless its unit has other
# words now.
pid=$(told MainPID)
runs=$({ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null) || runs=
case "$state $is_changed $(told ExecStart)" in
'activating no '*"argv[]=$runs;"*) systemctl start --no-block etcd ;;
'activating '*) systemctl restart --no-block etcd ;;
*) systemctl start --no-block etcd ;;
esac
