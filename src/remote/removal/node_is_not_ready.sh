# needs: apart kubectl
# args: server node
# One that is not there is not.
apart k --server "$server" get node "$node" --ignore-not-found -o 'jsonpath={.metadata.uid} {.status.conditions[?(@.type=="Ready")].status}' ||
  { last_words; exit 1; }
[ -z "$answer" ] || [ "${answer#* }" != True ] || { echo "node $node is Ready"; exit 1; }
