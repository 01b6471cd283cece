# node_is_not_ready.sh SERVER NODE: one that is not there is not.
apart k --server "$1" get node "$2" --ignore-not-found -o 'jsonpath={.metadata.uid} {.status.conditions[?(@.type=="Ready")].status}' ||
  { last_words; exit 1; }
[ -z "$answer" ] || [ "${answer#* }" != True ] || { echo "node $2 is Ready"; exit 1; }
