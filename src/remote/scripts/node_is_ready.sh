# node_is_ready.sh SERVER NODE
said=$(k --server "$1" get node "$2" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].message}' 2>&1) ||
  { echo "$said"; exit 1; }
case $said in True*) ;; *) echo "node $2 is not Ready: ${said#* }"; exit 1 ;; esac
