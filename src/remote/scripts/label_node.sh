# label_node.sh SERVER NODE LABEL=VALUE …
server=$1 node=$2
shift 2
k --server "$server" label node "$node" --overwrite "$@"
