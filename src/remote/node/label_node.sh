# needs: apart kubectl
# args: server node labels…
k_ends 50
k --server "$server" label node "$node" --overwrite "$@"
