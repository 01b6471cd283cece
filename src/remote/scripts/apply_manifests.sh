# apply_manifests.sh SERVER   (stdin: YAML documents)
k --server "$1" apply -f -
