# shellcheck shell=sh disable=SC2034 # the arguments are read in the files before this one
# What is asked of a host, in one go, without changing anything on it. A question that fails is reported with the host's
# words, and the next one is asked. Without a version only what tells whether the host is well is asked.
set +e
roles=$1 version=$2 repository=$3 endpoint=$4 vip=$5 server=$6 cri_socket=$7 etcd_data=$8 endpoint_url=$9 objects=${10}
shift 10
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
