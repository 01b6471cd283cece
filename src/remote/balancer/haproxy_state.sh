# needs: haproxy_socket
# args: server state
said=$(haproxy_runtime "set server control_planes/$server state $state")
[ -z "$(printf '%s' "$said" | tr -d '[:space:]')" ] || { printf '%s\n' "$said" >&2; exit 1; }
