# needs: processes run_folder apart outlive kubeadm_at_work listens etcd_data
# args: cri_socket role ca server etcd wanted_directory directory sum key
# Clears what kubeadm left of a join that did not finish. What the plan saw is asked again first: `ca` is the SHA-256 of
# the host's ca.crt without white space, or `-` if there is none; `etcd` is `learner` if a member without a vote may
# run, `elsewhere` if it has hosts of its own, else `stopped`; `key` is `key` where the CA's key goes, which another
# control plane has, or `-`; `directory` holds data of this cluster's etcd whose log begins with the SHA-256 `sum`, or
# is `-`. The member itself is removed elsewhere, after the quorum check.

busy=$(kubeadm_at_work | head -n 1)
[ -z "$busy" ] || moved "a kubeadm is running (process $busy)"

found=-
[ ! -e /etc/kubernetes/pki/ca.crt ] || found=$(tr -d '[:space:]' </etc/kubernetes/pki/ca.crt | sha256sum | cut -c -64)
[ "$found" = "$ca" ] || moved 'the cluster CA in /etc/kubernetes/pki/ca.crt is another'

# What stands there is not kubeadm's alone.
for folder in /etc/kubernetes/pki /etc/kubernetes/manifests; do
  [ ! -L "$folder" ] || moved "$folder is a link to somewhere else"
done
[ -r /proc/self/mountinfo ] || moved 'what is mounted cannot be determined'
while read -r _ _ _ _ point _; do
  case $point in
    /etc/kubernetes/pki | /etc/kubernetes/pki/* | /etc/kubernetes/manifests | /etc/kubernetes/manifests/*)
      moved "something is mounted at $point" ;;
  esac
done </proc/self/mountinfo

for manifest in /etc/kubernetes/manifests/*; do
  { [ -e "$manifest" ] || [ -L "$manifest" ]; } || continue
  case $role/${manifest##*/} in
    control-plane/etcd.yaml | control-plane/kube-apiserver.yaml | control-plane/kube-controller-manager.yaml | \
      control-plane/kube-scheduler.yaml) ;;
    *) moved "$manifest is there, which is not kubeadm's" ;;
  esac
done

[ "$key" = key ] || [ ! -e /etc/kubernetes/pki/ca.key ] || moved 'a key of a CA is there (/etc/kubernetes/pki/ca.key)'

# A kubelet that works without anything of kubeadm's is somebody else's.
if [ "$ca" = - ] && [ ! -e /etc/kubernetes/kubelet.conf ] && [ ! -e /etc/kubernetes/bootstrap-kubelet.conf ]; then
  ! listens 10250 || moved "a foreign kubelet listens on port 10250"
  ! systemctl --quiet is-active kubelet || moved "a foreign kubelet runs"
fi

# pods: what runs in the container runtime, a line each; that of a worker without an identity has never been this
# cluster's.
pods() {
  if command -v ctr >/dev/null && [ "${socket%containerd*}" != "$socket" ]; then
    timeout 20 ctr --connect-timeout 2s -a "$socket" -n k8s.io tasks ls
  else
    timeout 20 crictl --runtime-endpoint "$cri_socket" pods --state ready -q
  fi
}
socket=${cri_socket#unix://}
if [ "$role" = worker ] && [ -e "$socket" ]; then
  apart pods || moved "whether pods run is unknown: $(last_words)"
  while read -r pod _ state _; do
    case $pod/$state in / | TASK/* | */STOPPED) ;; *) moved "a container runs ($pod), and none can be this cluster's" ;; esac
  done <<EOF
$answer
EOF
fi

# A busy API server is not one that does not serve.
readyz() {
  kubeconfig=/etc/kubernetes/admin.conf
  [ -e "$kubeconfig" ] || set -- --token none --insecure-skip-tls-verify
  [ -e "$kubeconfig" ] || kubeconfig=/dev/null
  timeout 25 env NO_PROXY='*' no_proxy='*' kubectl --kubeconfig "$kubeconfig" --server "$server" --request-timeout=20s "$@" \
    get --raw /readyz
}

if [ "$role" = worker ]; then
  for identity in /etc/kubernetes/kubelet.conf /var/lib/kubelet/pki/kubelet-client-current.pem; do
    { [ ! -e "$identity" ] && [ ! -L "$identity" ]; } || moved "the kubelet has an identity ($identity)"
  done
else
  if listens "${server##*:}"; then
    # It may be but for etcd, which is elsewhere and comes back; stacked etcd is held by its own port.
    [ "$etcd" != elsewhere ] || moved "something listens on port ${server##*:}, and etcd is elsewhere"
    ! apart readyz || moved "its API server is ready ($server)"
    case $words in
      *'prevented the request from succeeding'* | *'was refused'*) ;;
      # Without its own etcd one that starts over and over serves nothing.
      *) ! listens 2379 || moved "something listens on port ${server##*:}, and whether it is a ready API server is unknown: $(last_words)" ;;
    esac
  fi
fi
[ "$etcd" = learner ] || ! listens 2379 || moved "something listens on etcd's port 2379"

lies=$(etcd_directories "$wanted_directory") || lies=
case $lies in *end) ;; *) moved 'the etcd data directory cannot be determined' ;; esac
while IFS= read -r path; do
  case $path in
    end | "$directory") ;;
    unknown) moved 'the data directory that /etc/kubernetes/manifests/etcd.yaml names cannot be determined' ;;
    *) moved "data of etcd is in $path" ;;
  esac
done <<EOF
$lies
EOF
if [ "$directory" != - ]; then
  [ "$(etcd_head "$directory" | sha256sum | cut -c -64)" = "$sum" ] || moved "the data of etcd in $directory is not what it was"
fi

# That phase empties the directory that kubeadm-config names, or kubeadm's default, whoever's data it is.
outlive kubeadm-reset kubeadm reset -f --skip-phases=remove-etcd-member --cri-socket "$cri_socket"

if [ "$directory" != - ]; then
  # kubeadm only warns about a pod that it could not end.
  left=10
  while listens 2379; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || { echo "something still listens on etcd's port 2379: the data in $directory stays" >&2; exit 1; }
    sleep 1
  done
  rm -rf -- "$directory/member"
fi
# Contents only: some of these are mounts or belong to packages.
for folder in /etc/cni/net.d /var/lib/cni /etc/kubernetes/manifests /etc/kubernetes/pki; do
  [ ! -d "$folder" ] || find "$folder" -mindepth 1 -delete
done
for name in admin super-admin kubelet bootstrap-kubelet controller-manager scheduler; do
  rm -f "/etc/kubernetes/$name.conf"
done
