# What a person would look at first after a failed init or join.
echo '— kubelet, its last lines:'
journalctl -u kubelet -n 12 --no-pager -o cat 2>/dev/null | cut -c -300 || :
for log in $(find /var/log/pods -path '*kube-system_*' -name '*.log' -mmin -15 2>/dev/null | sort); do
  pod=${log#/var/log/pods/kube-system_}
  case $pod in etcd-* | kube-apiserver-* | kube-controller-manager-* | kube-scheduler-*) ;; *) continue ;; esac
  case ${log##*/} in 0.log) continue ;; esac
  echo "— ${pod%%_*}, which was started again, its last lines:"
  tail -n 8 "$log" | cut -c -300
done
