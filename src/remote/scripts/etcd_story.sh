# etcd_story.sh MANAGER: what a person would look at first where etcd does not come up.
if [ "$1" = systemd ]; then
  echo '— etcd, its last lines:'
  journalctl -u etcd -n 20 --no-pager -o cat 2>/dev/null | cut -c -300 || :
  exit 0
fi
echo '— kubelet, what went wrong last:'
journalctl -u kubelet -n 400 --no-pager -o cat 2>/dev/null | grep -E '^[EF][0-9]{4} ' | grep -v 'network not ready' | tail -n 8 | cut -c -300 || :
log=$(find /var/log/pods -path '*kube-system_etcd-*' -name '*.log' 2>/dev/null | sort | tail -n 1)
[ -z "$log" ] || { echo '— etcd, its last lines:'; tail -n 15 "$log" | cut -c -300; }
