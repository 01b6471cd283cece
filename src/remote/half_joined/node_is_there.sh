# needs: apart kubectl
# args: server node
apart k --server "$server" get node "$node" --ignore-not-found -o 'jsonpath={.metadata.uid}' || { last_words; exit 1; }
[ -n "$answer" ] || { echo "there is no node $node yet"; exit 1; }
