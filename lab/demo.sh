#!/usr/bin/env bash
# Builds a profile's cluster on the running lab and leaves it there for whoever wants to look.
# usage: demo.sh PROFILE
set -euo pipefail
cd "$(dirname "$0")/.."
inventory=$(realpath --relative-to=. "$(lab/lab inventory "$1")") hawser=target/release/hawser demo=target/demo

# Within one `hawser apply` it would come to the same; so a step can be looked at before the next.
if [[ $1 == bare* ]]; then
  "$hawser" apply --yes --prepare-only -i "$inventory"
  "$hawser" images push -i "$inventory"
fi
"$hawser" apply --yes -i "$inventory"
mkdir -p "$demo"
ln -sfn "$(lab/lab path bin)/kubectl" "$demo/kubectl"
rm -f "$demo/kubeconfig"
"$hawser" kubeconfig -i "$inventory" --to "$demo/kubeconfig"
name=$(sed -n '/^\[endpoint\]/,/^\[/s/^name = "\(.*\)"/\1/p' "$inventory")
vip=$(sed -n 's/^vip = "\(.*\)"/\1/p' "$inventory")
# The endpoint's name is known on the hosts; this machine asks the virtual IP itself, which the certificate names too.
sed -i "s#https://$name:#https://$vip:#" "$demo/kubeconfig"

mapfile -t hosts < <(lab/lab hosts "$1" | cut -d' ' -f1)
# Of the compact profiles the first host is both.
balancer=${hosts[0]}
[[ $balancer = cp1 ]] || first_plane='  docker kill cp1; kubectl get nodes    # the API goes on
'

echo
"$demo/kubectl" --kubeconfig "$demo/kubeconfig" get nodes -o wide
echo
for host in "${hosts[@]}"; do
  case $host in
  lb*) echo "$host: haproxy $(docker exec "$host" systemctl is-active haproxy), keepalived $(docker exec "$host" systemctl is-active keepalived)" ;;
  etcd*)
    docker exec "$host" sh -c 'cd /etc/kubernetes/pki/etcd && etcdctl --endpoints https://127.0.0.1:2379 \
      --cacert ca.crt --cert healthcheck-client.crt --key healthcheck-client.key endpoint health' 2>&1 | sed "s/^/$host: /"
    member=$host
    ;;
  esac
done
[[ ! ${member:-} ]] || etcd_line="  docker kill $member; kubectl get nodes  # two of three members are a quorum
"
cat <<EOF

A highly available cluster answers at $vip ($name). Try:
  export KUBECONFIG=$PWD/$demo/kubeconfig PATH=$PWD/$demo:\$PATH
  kubectl get pods -A
  docker kill $balancer                       # another balancer takes $vip over
${first_plane:-}${etcd_line:-}  docker start $balancer${first_plane:+ cp1}${member:+ $member}
  $hawser plan -i $inventory            # what has drifted
  $hawser apply -i $inventory
  make lab-down                         # ends it
EOF
