# haproxy_state.sh SERVER STATE
said=$(haproxy_runtime "set server control_planes/$1 state $2")
[ -z "$(printf '%s' "$said" | tr -d '[:space:]')" ] || { printf '%s\n' "$said" >&2; exit 1; }
