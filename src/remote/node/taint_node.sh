# needs: apart kubectl
# args: server node taints…
k_ends 50
k --server "$server" taint node "$node" --overwrite "$@"
