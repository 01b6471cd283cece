# needs: apart kubectl
# args: server node
apart k --server "$server" get node "$node" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].message}' ||
  { last_words; exit 1; }
case $answer in True*) ;; *) echo "node $node is not Ready: ${answer#* }"; exit 1 ;; esac
