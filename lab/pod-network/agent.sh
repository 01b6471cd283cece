#!/bin/sh
# Connects this node's pods with those of the others: writes the CNI configuration from the node's podCIDR, and keeps a
# route to every other node's pods. Runs on each node, in the host's network.
set -eu
export PATH=/bin
configuration=/host/net.d/10-lab.conflist

# write_configuration CIDR: by rename, as containerd reads the folder whenever something in it changes
write_configuration() {
  cat >/tmp/conflist <<CONFLIST
{
  "cniVersion": "0.4.0",
  "name": "lab",
  "plugins": [
    {
      "type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
      "ipam": {"type": "host-local", "ranges": [[{"subnet": "$1"}]], "routes": [{"dst": "0.0.0.0/0"}]}
    },
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
CONFLIST
  cmp -s /tmp/conflist "$configuration" && return
  cp /tmp/conflist "$configuration.tmp"
  mv "$configuration.tmp" "$configuration"
}

# follow_nodes: a line `NAME PODCIDR ADDRESS` for every node, and again whenever one changes. A node that has no CIDR
# yet has an empty second field. Cut off after a minute, so that a watch which died unnoticed is not waited for.
follow_nodes() {
  timeout 60 kubectl get nodes --watch \
    -o 'jsonpath={.metadata.name},{.spec.podCIDR},{.status.addresses[?(@.type=="InternalIP")].address}{"\n"}' || true
}

# own_cidr: asked with little patience. kube-proxy starts beside this, and a connection to the API's service address
# that was begun before its rules were there is never answered.
own_cidr() {
  timeout 2 kubectl get --raw "/api/v1/nodes/$NODE_NAME" | sed -n 's/.*"podCIDR":"\([^"]*\)".*/\1/p'
}

until cidr=$(own_cidr) && [ -n "$cidr" ]; do sleep 0.2; done
write_configuration "$cidr"

while :; do
  follow_nodes | while IFS=, read -r name cidr address; do
    if [ -z "$cidr" ] || [ -z "$address" ]; then continue; fi
    if [ "$name" = "$NODE_NAME" ]; then
      write_configuration "$cidr"
    else
      ip route replace "$cidr" via "$address" || echo "no route to $cidr via $address"
    fi
  done
  sleep 1
done
