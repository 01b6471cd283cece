# needs: apart kubectl
# args: server
# stdin: YAML documents.
k_ends 50
k --server "$server" apply -f -
