# needs: processes run_folder answers apart dial json haproxy_socket etcdctl etcd_members etcd_beyond_init kubelet_identity kubeadm_at_work etcd_data listens etcd_disk package_default probe_host runtime_images probe_node probe_balancer probe_etcd probe_cluster
# args: roles version repository endpoint vip server cri_socket etcd_data endpoint_url objects paths…
# What is asked of a host, in one go, without changing anything on it. A question that fails is reported with the host's
# words, and the next one is asked. Without a version only what tells whether the host is well is asked.
set +e
# What is asked here stands in the cluster's own network, whatever proxy the host's environment names.
export NO_PROXY='*' no_proxy='*'

files "$@" </dev/null |
  also host |
  also section endpoint timeout 5 getent ahosts "$endpoint" |
  if is_node && [ -n "$version" ]; then also node; else cat; fi |
  if is etcd; then also etcd_of_host; else cat; fi |
  if is balancer; then also balancer; else cat; fi |
  if is control-plane; then also cluster | also tls; else cat; fi
section end true
