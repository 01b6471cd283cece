# delete_node.sh SERVER NODE
k_ends 50
k --server "$1" delete node "$2" --ignore-not-found --wait=false
