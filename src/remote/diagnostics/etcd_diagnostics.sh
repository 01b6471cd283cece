# needs: journal
# args: manager texts
# What a person would look at first where etcd does not come up. `texts`: texts that name a cause, one a line.
if [ "$manager" = systemd ]; then
  causes "$texts" etcd | tell 'what names a cause:'
  recent etcd | folded 20 | tell 'etcd, its last lines:'
  exit 0
fi
causes "$texts" kubelet containerd | tell 'what names a cause:'
recent kubelet | grep -E '^[EF][0-9]{4} ' | grep -v 'network not ready' | folded 8 | tell 'kubelet, what went wrong last:'
log=$(find /var/log/pods -path '*kube-system_etcd-*' -name '*.log' 2>/dev/null | sort | tail -n 1)
[ -z "$log" ] || tail -n 100 "$log" | folded 15 | tell 'etcd, its last lines:'
