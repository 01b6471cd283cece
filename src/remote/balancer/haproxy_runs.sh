# needs: haproxy_socket
# args: description
said=$(haproxy_runtime 'show info') || { echo "HAProxy's runtime socket does not answer: $said"; exit 1; }
printf '%s\n' "$said" | grep -qxF "description: $description" || { echo 'HAProxy runs another configuration'; exit 1; }
