# needs: apart kubectl
# args: server node
# None but those that every node has (DaemonSets'), that run without the API (static, a Node's own), that are being
# deleted, and CoreDNS, which kubeadm itself puts there and its Deployment starts elsewhere.
apart k --server "$server" get pods --all-namespaces --no-headers \
  --field-selector "spec.nodeName=$node,status.phase!=Succeeded,status.phase!=Failed" \
  -o 'custom-columns=A:.metadata.namespace,B:.metadata.name,C:.metadata.ownerReferences[*].kind,D:.metadata.deletionTimestamp,E:.metadata.labels.k8s-app' ||
  { last_words; exit 1; }
others=$(printf '%s\n' "$answer" | awk '
  !NF || $3 == "DaemonSet" || $3 == "Node" || (NF >= 4 && $4 != "<none>") { next }
  $1 == "kube-system" && $5 == "kube-dns" { next }
  { print $1 "/" $2 }')
[ -z "$others" ] || {
  echo "pods run on node $node: $(printf '%s\n' "$others" | head -n 5 | tr '\n' ' '); \`kubectl drain $node --ignore-daemonsets\` moves them"
  exit 1
}
