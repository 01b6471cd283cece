# label_node.sh SERVER NODE LABEL=VALUE …
k_ends 50
server=$1 node=$2
shift 2
k --server "$server" label node "$node" --overwrite "$@"
