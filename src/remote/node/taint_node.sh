# taint_node.sh SERVER NODE KEY=VALUE:EFFECT …
k_ends 50
server=$1 node=$2
shift 2
k --server "$server" taint node "$node" --overwrite "$@"
