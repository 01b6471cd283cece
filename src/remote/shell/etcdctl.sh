# shellcheck shell=sh
# etcd_ctl ARGUMENT...: etcdctl against this host's own member, with the host's etcdctl or the one in etcd's container.
# A container's image may hold neither sh nor env: everything goes by flags. An answer may take etcd_limit seconds.
etcd_ctl() {
  etcd_pki=/etc/kubernetes/pki/etcd
  etcd_wait=${etcd_limit:-$(etcd_patience)}
  etcd_end=$((etcd_wait + 2))
  set -- --endpoints="${etcd_endpoint:-https://127.0.0.1:2379}" --cacert="$etcd_pki/ca.crt" \
    --cert="$etcd_pki/healthcheck-client.crt" --key="$etcd_pki/healthcheck-client.key" \
    --dial-timeout="$((etcd_wait > 8 ? 8 : etcd_wait))s" --command-timeout="${etcd_wait}s" "$@"
  if command -v etcdctl >/dev/null; then
    # A variable that says what a flag says makes etcdctl end. Before 3.4 it speaks v3 only if it is told to; 3.6 warns
    # of that.
    (
      unset ETCDCTL_ENDPOINTS ETCDCTL_CACERT ETCDCTL_CERT ETCDCTL_KEY ETCDCTL_DIAL_TIMEOUT ETCDCTL_COMMAND_TIMEOUT \
        ETCDCTL_WRITE_OUT
      ETCDCTL_API=3 timeout -k 2 "$etcd_end" etcdctl "$@"
    )
  elif command -v crictl >/dev/null; then
    etcd_container=$(timeout 20 crictl --runtime-endpoint "$cri_socket" ps -q --state Running --name '^etcd$' \
      --label io.kubernetes.pod.namespace=kube-system)
    etcd_container_found || return
    timeout -k 2 "$etcd_end" crictl --runtime-endpoint "$cri_socket" exec "$etcd_container" etcdctl "$@"
  else
    etcd_container=$(etcd_task)
    etcd_container_found || return
    timeout -k 2 "$etcd_end" ctr -n k8s.io tasks exec --exec-id "hawser-$(cat /proc/sys/kernel/random/uuid)" "$etcd_container" etcdctl "$@"
  fi
}

# A member that listens and is slow to answer is busy; where none listens there is nothing to wait for.
etcd_patience() {
  if etcd_listens; then echo 8; else echo 2; fi
}

# Whether something listens where clients reach etcd: 094B is port 2379 and 0A a socket that listens (proc(5)).
etcd_listens() { grep -qs ':094B 0*:0000 0A ' /proc/net/tcp /proc/net/tcp6; }

etcd_container_found() {
  etcd_container=${etcd_container%%[!0-9a-f]*}
  [ -n "$etcd_container" ] || { echo "no etcdctl on the host, and no running etcd container to ask" >&2; return 1; }
}

# A restarted container leaves its dead predecessor in the list: only the one with a running task can be asked. A
# container of that name in a pod of the users' is another etcd: the cluster's own runs in kube-system.
etcd_task() {
  running=$(timeout 20 ctr -n k8s.io tasks list | awk '$3 == "RUNNING" { print $1 }')
  timeout 20 ctr -n k8s.io containers list -q 'labels."io.kubernetes.container.name"==etcd,labels."io.kubernetes.pod.namespace"==kube-system,labels."io.cri-containerd.kind"==container' |
    grep -xF -e "$running"
}
