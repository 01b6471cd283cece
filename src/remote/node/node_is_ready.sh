# node_is_ready.sh SERVER NODE
apart k --server "$1" get node "$2" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].message}' ||
  { last_words; exit 1; }
case $answer in True*) ;; *) echo "node $2 is not Ready: ${answer#* }"; exit 1 ;; esac
