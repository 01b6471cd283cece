# shellcheck shell=sh
cluster() {
  if exists /etc/kubernetes/admin.conf; then asked_api; fi </dev/null |
    also asked_etcd |
    also beyond_init
}

# Whether more is there than `kubeadm init` writes. The API is asked for pods that are no static ones and none of
# init's; where it does not tell, as it is off or its administrator has no rights yet, etcd is asked.
beyond_init() {
  if exists /etc/kubernetes/admin.conf && pods=$(own_api "$other_pods" 2>/dev/null); then
    section other_pods printf '%s\n' "$pods"
  elif exists /etc/kubernetes/manifests/etcd.yaml; then
    section etcd_beyond_init etcd_beyond_init
  fi </dev/null
}
# tier!=control-plane,k8s-app notin (kube-dns,kube-proxy)
other_pods='/api/v1/pods?labelSelector=tier%21%3Dcontrol-plane%2Ck8s-app%20notin%20%28kube-dns%2Ckube-proxy%29&limit=4'

asked_api() {
  section ready own_api /readyz |
    also section ready_through_endpoint api /readyz |
    also section nodes nodes |
    also section api_version own_api /version |
    also section daemonsets own_api /apis/apps/v1/namespaces/kube-system/daemonsets |
    also section deployments own_api /apis/apps/v1/namespaces/kube-system/deployments |
    also section kubeadm_config own_api /api/v1/namespaces/kube-system/configmaps/kubeadm-config |
    also section cluster_info own_api '/api/v1/namespaces/kube-public/configmaps?fieldSelector=metadata.name%3Dcluster-info' |
    also applied
}

# `get --raw` alone neither asks the API what it offers nor keeps a cache of that on the host's disk. A busy host needs
# longer to load kubectl than the API may take to answer.
api() { timeout 20 kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=5s get --raw "$@"; }

# A busy API server that is well may let one question go by, and all else depends on the answer.
own_api() {
  answer=$(once "$1" 2>/dev/null) || answer=$(once "$1") || return
  printf '%s\n' "$answer"
}
once() { api "$1" --server "$server"; }

# What kubectl last applied of the pod network's objects. Each is a kubectl of its own, of some 40 MB: four at once.
applied() {
  lane 0 | also lane 1 | also lane 2 | also lane 3
}

lane() {
  set -f
  number=0
  for path in $objects; do
    [ $((number % 4)) -ne "$1" ] || section object object "$path"
    number=$((number + 1))
  done
}

object() {
  printf '%s\n' "$1"
  once "$1"
}

# Asked only while a second cluster could still be made.
tls() {
  exists /etc/kubernetes/pki/ca.crt || section tls speaks_tls
}

# Any answer over TLS will do, also one that says no. Whether anything listens is heard soonest by a bare connection:
# what does not answer is neither yes nor no. Without any credentials kubectl would ask for a user's name before it
# connects.
speaks_tls() {
  authority=${endpoint_url#https://}
  if command -v bash >/dev/null; then
    dial 1 "$(printf %s "${authority%:*}" | tr -d '[]')" "${authority##*:}"
    case $?:$words in
      0:*) ;;
      *'onnection refused'*) echo no; return ;;
      *) echo "$authority does not answer: $words" >&2; return 1 ;;
    esac
  fi
  apart timeout 4 kubectl --kubeconfig /dev/null --token none --server "$endpoint_url" --insecure-skip-tls-verify \
    --request-timeout=2s get --raw /version
  # The last of its words is why it failed; before it may be warnings.
  case $?:$(last_words) in
    0:* | *'Error from server'* | *'logged in'* | *x509* | *certificate* | *'remote error: tls'*) echo yes ;;
    *'was refused'* | *EOF* | *'connection reset'* | *'HTTP response to HTTPS'* | *'not look like a TLS'*) echo no ;;
    *) printf '%s\n' "$words" >&2; return 1 ;;
  esac
}

# The list of images that each node holds is most of its text.
nodes() {
  answer=$(own_api /api/v1/nodes) || return
  printf '%s' "$answer" | sed -E 's/"images":\[(\{("names":\[[^]]*\])?,?("sizeBytes":[0-9]+)?\},?)*\]/"images":[]/g'
}

asked_etcd() {
  ! exists /etc/kubernetes/manifests/etcd.yaml || section etcd_members etcd_members | also section etcd_health etcd_healths
}

# Without a quorum only a serializable list is answered; etcdctl up to 3.4 asks for one, 3.6 when told so. A member that
# was started without a quorum (kubelet does so after some 80 s) serves no clients at all, and still tells its peers.
etcd_members() {
  if_well etcd_ctl member list -w json || if_well etcd_ctl member list --consistency=s -w json || etcd_peer /members
}

# What a program says that fails is no answer: etcdctl tells how it is used on standard output.
if_well() {
  answer=$("$@") && printf '%s\n' "$answer"
}

# The peers' port speaks HTTP/1 with those that do not insist on HTTP/2.
etcd_peer() {
  pki=/etc/kubernetes/pki/etcd
  DISABLE_HTTP2=1 timeout 20 kubectl --kubeconfig /dev/null --server "${server%:*}:2380" --request-timeout=5s \
    --certificate-authority "$pki/ca.crt" --client-certificate "$pki/peer.crt" --client-key "$pki/peer.key" get --raw "$1"
}

# How each member is that is listed. Each is asked by itself: with --cluster one that does not answer takes the whole
# time.
etcd_healths() {
  apart etcd_members || return
  members=$(printf '%s\n' "$answer" | etcd_listed) || return
  etcd_each etcd_health
}
