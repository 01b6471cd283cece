# apply_manifests.sh SERVER   (stdin: YAML documents)
k_ends 50
k --server "$1" apply -f -
