# shellcheck shell=sh
# etcd_beyond_init: what is kept in this etcd, below whatever prefix, that neither an API server which has just started
# nor `kubeadm init` up to its last phases writes; a few keys, a line each, and nothing where there is no more. One node
# may be there, the first control plane's own; cluster-info may not: with it hosts can join. Fails where the keys cannot
# be told.   (after apart.sh, etcdctl.sh)
etcd_beyond_init() {
  apart etcd_ctl get '' --prefix --keys-only --limit 1500 -w fields || { printf '%s\n' "$words" >&2; return 1; }
  printf '%s\n' "$answer" | awk '
    function is_of_a_system_namespace(namespace) {
      return namespace == "kube-system" || namespace == "kube-public" || namespace == "kube-node-lease"
    }
    function is_of_the_start(key,  part, count) {
      count = split(key, part, "/")
      if (part[1] == "apiregistration.k8s.io") return part[2] == "apiservices"
      if (count == 2) {
        if (part[1] == "minions" || part[1] == "csinodes") return ++seen[part[1]] == 1
        if (part[1] == "namespaces") return part[2] == "default" || is_of_a_system_namespace(part[2])
        return part[1] ~ /^(clusterroles|clusterrolebindings|flowschemas|prioritylevelconfigurations|priorityclasses|ranges|masterleases|ipaddresses|servicecidrs)$/
      }
      if (part[1] == "events") return 1
      if (part[1] == "services") return part[3] == "default" && part[4] == "kubernetes" || part[2] == "endpoints" && part[3] == "kube-system" && part[4] ~ /^kube-(scheduler|controller-manager)$/
      if (part[1] == "leases") return part[2] == "kube-system" || part[2] == "kube-node-lease" && ++seen["leases"] == 1
      if (part[1] == "endpointslices") return part[2] == "default" && part[3] == "kubernetes"
      if (part[1] == "serviceaccounts") return part[3] == "default" || part[2] == "kube-system"
      if (part[1] == "roles" || part[1] == "rolebindings") return part[2] == "kube-system" || part[2] == "kube-public"
      if (part[1] == "pods") return part[2] == "kube-system"
      if (part[1] == "secrets") return part[3] ~ /^default-token-/ || part[2] == "kube-system" && part[3] ~ /(-token-|^bootstrap-token-|^kubeadm-cert)/
      if (part[1] == "configmaps") return part[3] == "kube-root-ca.crt" || part[2] == "kube-system" && part[3] ~ /^(kubeadm-config|kubelet-config.*|extension-apiserver-authentication|kube-apiserver-legacy-service-account-token-tracking)$/
      return 0
    }
    /^"Key" : ".*"$/ {
      keys++
      key = substr($0, 10, length($0) - 10)
      # Every API server writes this one key there.
      if (key == "compact_rev_key") next
      if (!(key ~ /^\/registry\// && is_of_the_start(substr(key, 11))) && ++others <= 3) print key
    }
    $1 == "\"More\"" { more = $3 }
    $1 == "\"Count\"" { count = $3 }
    END {
      if (count == "" || more != "true" && keys + 0 != count + 0) exit 2
      if (more == "true" && !others) print count " keys"
    }' || { echo 'what etcdctl answers is not understood' >&2; return 1; }
}
