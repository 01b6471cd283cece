# needs: apart kubectl
# args: server node uid
# Only the object that the plan saw (`-`: it saw none), and only while it is not Ready.
# The API server itself holds the uid against the object in the moment in which it deletes it.
k_ends 50
look() {
  apart k --server "$1" get node "$2" --ignore-not-found \
    -o 'jsonpath={.metadata.uid} {.status.conditions[?(@.type=="Ready")].status}' || { last_words >&2; exit 1; }
}
as_seen() {
  [ -n "$answer" ] || { echo "node $1 is not there any more"; exit 0; }
  [ "$2" != - ] || moved "node $1 is there (uid ${answer%% *}), and the plan saw none"
  [ "${answer%% *}" = "$2" ] || moved "node $1 is another object (uid ${answer%% *}, and not $2)"
}
delete() {
  printf '{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"%s"}}' "$3" |
    k --server "$1" delete --raw "/api/v1/nodes/$2" -f -
}
look "$server" "$node"
as_seen "$node" "$uid"
[ "${answer#* }" != True ] || moved "node $node is Ready"
if ! apart delete "$server" "$node" "$uid"; then
  why=$(last_words)
  # Why it was refused, the object itself tells: it may be gone, or another by now.
  look "$server" "$node"
  as_seen "$node" "$uid"
  printf '%s\n' "$why" >&2
  exit 1
fi
