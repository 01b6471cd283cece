# needs: processes journal
# args: texts
# What a person would check first after a failed init or join. `texts`: texts that name a cause,
# one a line. Whether an API server runs is told in these words, which hints are chosen by.
api_server() {
  [ -e /etc/kubernetes/manifests/kube-apiserver.yaml ] || return 0
  if [ -z "$(processes kube-apiserver)" ]; then
    echo 'no kube-apiserver runs'
  elif timeout -k 2 10 ss -Hltnp | grep -q '"kube-apiserver"'; then
    echo 'kube-apiserver runs, and listens'
  else
    echo 'kube-apiserver runs, and does not listen yet'
  fi
}

causes "$texts" kubelet containerd | tell 'what names a cause:'
api_server | tell 'the API server of this host:'
recent kubelet | folded 8 | tell 'kubelet, its last lines:'
for log in $(find /var/log/pods -path '*kube-system_*' -name '*.log' -mmin -15 2>/dev/null | sort); do
  pod=${log#/var/log/pods/kube-system_}
  case $pod in etcd-* | kube-apiserver-* | kube-controller-manager-* | kube-scheduler-*) ;; *) continue ;; esac
  case ${log##*/} in 0.log) continue ;; esac
  tail -n 50 "$log" | folded 6 | tell "${pod%%_*}, which was started again, its last lines:"
done
