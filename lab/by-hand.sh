#!/usr/bin/env bash
# Builds the lab's cluster by hand: what an experienced administrator's script does over plain ssh, step after step as
# kubeadm's guide has them. It proves that the lab can do it, and is the baseline that hawser is measured against.
# usage: by-hand.sh stacked|external      (on the fresh, running hosts of that profile: `lab up PROFILE`)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
topology=${1:-}
[[ $topology == stacked || $topology == external ]] || {
  echo 'usage: by-hand.sh stacked|external' >&2
  exit 2
}

version=$("$here/lab" version)
minor=${version#v1.}
minor=${minor%%.*}
# What kubeadm reads: each of these versions of it knows this one of its configuration, and warns of no age.
if ((minor < 22)); then api=kubeadm.k8s.io/v1beta2; elif ((minor < 31)); then api=kubeadm.k8s.io/v1beta3; else api=kubeadm.k8s.io/v1beta4; fi
vip=10.77.0.100
endpoint=api.lab.test:6443
run=$here/run
logs=$run/by-hand
balancers=(lb1 lb2)
etcds=()
[[ $topology == stacked ]] || etcds=(etcd1 etcd2 etcd3)
declare -A ip
while read -r name address; do ip[$name]=$address; done < <("$here/lab" hosts "$topology")
token=$(openssl rand -hex 3).$(openssl rand -hex 8)
key=$(openssl rand -hex 32)
pki=/etc/kubernetes/pki

say() { echo "[$SECONDS s] $*"; }

# to HOST COMMAND: with this script's standard input; on HOST COMMAND: with none
to() {
  local host=$1
  shift
  ssh -q -F none -i "$run/id_ed25519" -o UserKnownHostsFile="$run/known_hosts" "root@${ip[$host]}" "$@"
}
on() { to "$@" </dev/null; }

# must WHAT COMMAND…: with a log, of which the end is shown if the command fails
must() {
  local log=$logs/$1.log
  shift
  "$@" >"$log" 2>&1 || {
    echo "failed; the end of $log:" >&2
    tail -n 20 "$log" >&2
    return 1
  }
}

# together FUNCTION HOST…: on all hosts at once; fails if one failed
together() {
  local function=$1 host job jobs=()
  shift
  for host; do
    "$function" "$host" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job" || exit 1; done
}

until_true() {
  local deadline=$((SECONDS + 180))
  until "$@"; do
    ((SECONDS < deadline)) || {
      echo "not within 180 s: $*" >&2
      exit 1
    }
    sleep 1
  done
}

name_endpoint() { on "$1" "echo '$vip ${endpoint%:*}' >>/etc/hosts"; }

# ── balancers ────────────────────────────────────────────────────────────────────────────────────────────────────────

# The later control planes stand in the file disabled, until they have joined.
balance() {
  local host=$1 peer=lb1
  [[ $host != lb1 ]] || peer=lb2
  to "$host" 'cat >/etc/haproxy/haproxy.cfg && mkdir -p /run/haproxy && haproxy -c -q -f /etc/haproxy/haproxy.cfg &&
    systemctl enable -q haproxy && systemctl restart haproxy' <<CFG
global
  stats socket /run/haproxy/admin.sock mode 600 level admin
defaults
  mode tcp
  timeout connect 5s
  timeout client 4h
  timeout server 4h
frontend api
  bind :6443
  default_backend control_planes
backend control_planes
  option httpchk GET /readyz
  http-check expect status 200
  default-server check check-ssl verify none inter 2s fall 2 rise 1
  server cp1 ${ip[cp1]}:6443
  server cp2 ${ip[cp2]}:6443 disabled
  server cp3 ${ip[cp3]}:6443 disabled
CFG
  to "$host" 'cat >/etc/keepalived/keepalived.conf && systemctl enable -q keepalived && systemctl restart keepalived' <<CFG
global_defs {
  script_user root
  enable_script_security
}
vrrp_script haproxy {
  script "/usr/bin/systemctl is-active -q haproxy"
  interval 1
  fall 2
  rise 2
}
vrrp_instance api {
  state BACKUP
  nopreempt
  interface eth0
  virtual_router_id 77
  priority $([[ $host == lb1 ]] && echo 101 || echo 100)
  advert_int 1
  unicast_src_ip ${ip[$host]}
  unicast_peer {
    ${ip[$peer]}
  }
  virtual_ipaddress {
    $vip/24
  }
  track_script {
    haproxy
  }
}
CFG
}

vip_held() { on lb1 "ip -o address show to $vip | grep -q ." || on lb2 "ip -o address show to $vip | grep -q ."; }

# admit HOST: a control plane that joined takes its share of requests, now and after a restart of HAProxy.
admit() {
  local balancer
  for balancer in "${balancers[@]}"; do
    on "$balancer" "echo 'set server control_planes/$1 state ready' | socat - /run/haproxy/admin.sock &&
      sed -i '/server $1 /s/ disabled//' /etc/haproxy/haproxy.cfg" >/dev/null
  done
}

# ── etcd on dedicated hosts ───────────────────────────────────────────────────────────────────────────────────────────

urls=$(for host in "${etcds[@]}"; do echo "https://${ip[$host]}:2379"; done | paste -sd,)
peers=$(for host in "${etcds[@]}"; do echo "$host=https://${ip[$host]}:2380"; done | paste -sd,)

# kubelet_settings: what kubelets need in the lab; see `lab inventory`
kubelet_settings() {
  cat <<'YAML'
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: cgroupfs
failSwapOn: false
imageGCHighThresholdPercent: 100
evictionHard: {imagefs.available: 0%, nodefs.available: 0%, nodefs.inodesFree: 0%, memory.available: 100Mi}
YAML
  if ((minor < 25)); then echo 'featureGates: {LocalStorageCapacityIsolation: false}'; else echo 'localStorageCapacityIsolation: false'; fi
  ((minor < 31)) || [[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]] || echo 'failCgroupV1: false'
}

# etcd_arguments HOST: a map, and a list since v1beta4
etcd_arguments() {
  local form='      \1: "\2"'
  ((minor < 31)) || form='      - {name: \1, value: "\2"}'
  sed -E "s#^([^ ]*) (.*)#$form#" <<ARGUMENTS
name $1
initial-cluster $peers
initial-cluster-state new
listen-peer-urls https://${ip[$1]}:2380
initial-advertise-peer-urls https://${ip[$1]}:2380
listen-client-urls https://${ip[$1]}:2379
advertise-client-urls https://${ip[$1]}:2379
ARGUMENTS
}

# kubelet as etcd's service manager, and what kubeadm needs to know to write etcd's certificates and manifest
prepare_etcd() {
  local address=${ip[$1]} runtime=--container-runtime-endpoint=unix:///run/containerd/containerd.sock
  ((minor > 23)) || runtime+=' --container-runtime=remote'
  {
    kubelet_settings
    printf '%s\n' 'address: 127.0.0.1' 'staticPodPath: /etc/kubernetes/manifests' 'authorization: {mode: AlwaysAllow}' \
      'authentication: {anonymous: {enabled: false}, webhook: {enabled: false}}'
  } | to "$1" 'cat >/root/kubelet.yaml'
  to "$1" 'cat >/etc/systemd/system/kubelet.service.d/20-etcd-service-manager.conf && systemctl daemon-reload &&
    systemctl restart kubelet' <<UNIT
[Service]
ExecStart=
ExecStart=/usr/bin/kubelet --config=/root/kubelet.yaml $runtime
UNIT
  to "$1" 'cat >/root/etcd.yaml' <<YAML
apiVersion: $api
kind: ClusterConfiguration
kubernetesVersion: $version
etcd:
  local:
    serverCertSANs: ["$address"]
    peerCertSANs: ["$address"]
    extraArgs:
$(etcd_arguments "$1")
YAML
}

start_etcd() {
  # shellcheck disable=SC2016  # the variable is the remote shell's
  must "etcd-$1" on "$1" 'set -e
    for name in etcd-server etcd-peer etcd-healthcheck-client apiserver-etcd-client; do
      kubeadm init phase certs $name --config /root/etcd.yaml
    done
    kubeadm init phase etcd local --config /root/etcd.yaml'
}

etcd_healthy() {
  on etcd1 "etcdctl --cacert $pki/etcd/ca.crt --cert $pki/etcd/healthcheck-client.crt \
    --key $pki/etcd/healthcheck-client.key --endpoints $urls endpoint health" >/dev/null 2>&1
}

# hand_over FROM HOST FILE…: copies files below the PKI folder
hand_over() {
  local from=$1 host=$2
  shift 2
  on "$from" "tar -C $pki -c $*" | to "$host" "mkdir -p $pki && tar -C $pki -x"
}

external_etcd() {
  local host
  together prepare_etcd "${etcds[@]}"
  must etcd-ca on etcd1 'kubeadm init phase certs etcd-ca'
  for host in etcd2 etcd3; do hand_over etcd1 "$host" etcd/ca.crt etcd/ca.key; done
  together start_etcd "${etcds[@]}"
  until_true etcd_healthy
  hand_over etcd1 cp1 etcd/ca.crt apiserver-etcd-client.crt apiserver-etcd-client.key
}

# ── the cluster ──────────────────────────────────────────────────────────────────────────────────────────────────────

registration='nodeRegistration:
  criSocket: unix:///run/containerd/containerd.sock
  ignorePreflightErrors: [SystemVerification, Swap, FileContent--proc-sys-net-bridge-bridge-nf-call-iptables]'

external_etcd_section() {
  [[ $topology == external ]] || return 0
  cat <<YAML
etcd:
  external:
    endpoints: [${urls//,/, }]
    caFile: $pki/etcd/ca.crt
    certFile: $pki/apiserver-etcd-client.crt
    keyFile: $pki/apiserver-etcd-client.key
YAML
}

init() {
  to cp1 'cat >/root/init.yaml' <<YAML
apiVersion: $api
kind: InitConfiguration
bootstrapTokens: [{token: $token}]
certificateKey: $key
localAPIEndpoint: {advertiseAddress: ${ip[cp1]}}
$registration
---
apiVersion: $api
kind: ClusterConfiguration
kubernetesVersion: $version
controlPlaneEndpoint: $endpoint
networking: {podSubnet: 10.244.0.0/16, serviceSubnet: 10.96.0.0/16}
$(external_etcd_section)
---
$(kubelet_settings)
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
conntrack: {maxPerCore: 0}
YAML
  must init on cp1 'kubeadm init --config /root/init.yaml --upload-certs --skip-phases addon/coredns'
}

kubectl() { to cp1 "kubectl --kubeconfig /etc/kubernetes/admin.conf $*"; }

ca_hash() {
  on cp1 "openssl x509 -pubkey -noout -in $pki/ca.crt | openssl pkey -pubin -outform der | sha256sum | cut -d' ' -f1"
}

control_plane_section() {
  [[ $1 == cp* ]] || return 0
  echo "controlPlane: {certificateKey: $key, localAPIEndpoint: {advertiseAddress: ${ip[$1]}}}"
}

join() {
  to "$1" 'cat >/root/join.yaml' <<YAML
apiVersion: $api
kind: JoinConfiguration
discovery: {bootstrapToken: {token: $token, apiServerEndpoint: "$endpoint", caCertHashes: ["sha256:$hash"]}}
$registration
$(control_plane_section "$1")
YAML
  must "join-$1" on "$1" 'kubeadm join --config /root/join.yaml'
}

nodes_ready() { [[ $(kubectl get nodes --no-headers </dev/null | awk '$2 == "Ready"' | wc -l) == 5 ]]; }

daemon_sets_available() {
  kubectl -n kube-system get daemonsets --no-headers </dev/null |
    awk '{ sets++ } $2 != 5 || $6 != 5 { missing = 1 } END { exit missing || !sets }'
}

answers_through_vip() { on cp1 "curl -sk -m 5 -o /dev/null -w '%{http_code}' https://$endpoint/readyz" | grep -qx 200; }

rm -rf "$logs"
mkdir -p "$logs"
together name_endpoint "${!ip[@]}"
together balance "${balancers[@]}"
until_true vip_held
say 'balancers hold the VIP'
if [[ $topology == external ]]; then
  external_etcd
  say 'etcd is healthy'
fi
init
say 'init'
must pod-network kubectl apply -f - <"$here/pod-network/pod-network.yaml"
say 'pod network applied'
hash=$(ca_hash)
for host in cp2 cp3; do
  join "$host"
  admit "$host"
  say "joined $host"
done
together join w1 w2
say 'joined the workers'
until_true nodes_ready
say '5 nodes Ready'
until_true daemon_sets_available
say 'kube-system available'
until_true answers_through_vip
say 'ready through the VIP: the cluster is built'
