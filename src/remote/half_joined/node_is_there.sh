# node_is_there.sh SERVER NODE
apart k --server "$1" get node "$2" --ignore-not-found -o 'jsonpath={.metadata.uid}' || { last_words; exit 1; }
[ -n "$answer" ] || { echo "there is no node $2 yet"; exit 1; }
