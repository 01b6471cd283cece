# needs: processes run_folder apart kubectl etcdctl etcd_beyond_init etcd_data etcd_disk kubeadm_at_work outlive
# args: found etcd_data server cri_socket certificates flags…
# stdin: the id of the run's token. `found` is what the plan saw on the host: nothing, or an init that is unfinished.
# `etcd_data` is - where etcd has hosts of its own, and `certificates`, the Secret that init makes, where it makes none.
read -r id || :
there() { [ -e "$1" ] || [ -L "$1" ]; }
# Of data in another place than the inventory's nobody can tell what it holds: `kubeadm init` would begin a new etcd
# beside it.
etcd_lies_nowhere_else() {
  lies=$(etcd_directories "$etcd_data") || lies=
  case $lies in *end) ;; *) moved 'the etcd data directory cannot be determined' ;; esac
  elsewhere=$(printf '%s\n' "$lies" | grep -vxF -e "$etcd_data" -e end | head -n 1 || :)
  case $elsewhere in
    '') ;;
    unknown) moved "the data directory that etcd's manifest names cannot be determined" ;;
    *) moved "$elsewhere holds data of etcd, and the inventory says $etcd_data" ;;
  esac
  unmounted=$(etcd_unmounted "$etcd_data" | head -n 1)
  [ -z "$unmounted" ] || moved "nothing is mounted at $unmounted, which fstab or a mount unit names: data of etcd may be on that disk"
}
api_server_is_off() {
  [ -f /etc/kubernetes/admin.conf ] || return 0
  ! apart k --server "$server" get --raw /readyz --request-timeout=5s || moved "the API server is ready"
  case $words in *'was refused'*) ;; *) moved "whether the API server is ready cannot be determined: $(last_words)" ;; esac
}
nothing_is_there() {
  for path in kubelet.conf bootstrap-kubelet.conf admin.conf manifests/etcd.yaml manifests/kube-apiserver.yaml \
    manifests/kube-controller-manager.yaml manifests/kube-scheduler.yaml; do
    ! there "/etc/kubernetes/$path" || moved "/etc/kubernetes/$path is there"
  done
  [ "$etcd_data" = - ] || ! there "$etcd_data/member" || moved "$etcd_data holds data of etcd"
}
no_cluster_is_there() {
  # init writes admin.conf first, and its kubelet asks for no identity: what has one without it has joined somewhere.
  ! there /etc/kubernetes/bootstrap-kubelet.conf || moved '/etc/kubernetes/bootstrap-kubelet.conf is there: a join has begun'
  ! there /etc/kubernetes/kubelet.conf || there /etc/kubernetes/admin.conf || moved '/etc/kubernetes/kubelet.conf is there without admin.conf: the host has joined a cluster'
  api_server_is_off
  [ "$etcd_data" != - ] || return 0
  manifest=/etc/kubernetes/manifests/etcd.yaml
  named=$([ ! -f "$manifest" ] || sed -n 's/^ *- --data-dir=//p' "$manifest")
  case $named in
    '' | "$etcd_data") ;;
    *) moved "etcd's manifest keeps its data in $named, and the inventory says $etcd_data" ;;
  esac
  there "$etcd_data/member" || return 0
  apart etcd_beyond_init || moved "whether etcd holds a cluster cannot be determined: $(last_words)"
  [ -z "$answer" ] || moved "etcd holds objects of a cluster, such as $(printf '%s\n' "$answer" | head -n 1)"
}
pid=$(kubeadm_at_work | head -n 1)
[ -z "$pid" ] || moved "kubeadm (process $pid) is running on this host"
case $found in nothing) nothing_is_there ;; *) no_cluster_is_there ;; esac
[ "$etcd_data" = - ] || etcd_lies_nowhere_else

# What init makes for joins is labelled as this run's own by what goes on without the connection, too.
# shellcheck disable=SC2016 # the inner shell's own arguments
outlive kubeadm-init sh -c '
  config=$1 certificates=$2 id=$3
  shift 3
  kubeadm init --config "$config" "$@" || exit
  export NO_PROXY="*" no_proxy="*"
  for secret in "bootstrap-token-$id" "$certificates"; do
    [ "$secret" = - ] ||
      timeout -k 2 30 kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system label --overwrite secret "$secret" "hawser/run=$id" >/dev/null || :
  done
' sh "$run_folder/kubeadm-init.yaml" "$certificates" "$id" "$@"
