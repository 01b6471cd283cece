# needs: place package_default
# args: files…
# (stdin: the size in bytes on a line, then for each file in this order a line: its path, a space, its content in
# base64) Only what the arguments name is written, and only where nothing else is: SEEN is the SHA-256 of what may be
# replaced (without its white space), `any` of a key whose certificate is told so, or `absent`. Each file is private
# from the first byte and takes its place whole, when all have arrived. A cut connection looks like an end of file, so
# every line has to end, and the size is checked.
staged=
# Lines of `staged` are, in the order of the files: whether one is written in place, and what is to take its place.
discard() { printf '%s' "$staged" | while read -r _ left; do rm -f -- "$left"; done; }
trap discard EXIT
refuse() { echo "$1; nothing was written" >&2; exit 1; }

read -r size || refuse 'nothing arrived'
got=0
receive() {
  read -r path content || refuse "only $got of $size bytes arrived"
  got=$((got + ${#path} + ${#content} + 2))
  [ "$path" = "$1" ] || refuse "$1 was expected, and another file arrived"
  path=$(place_of "$1")
  stage "$path" "$2"
  staged="$staged${in_place:-no} $new
"
  printf %s "$content" | base64 -d >"$new" || refuse "$1 did not arrive whole"
  is_as_seen "$path" "$4"
}
# A host has one cluster's certificates and keys; others there are of a cluster that it has joined meanwhile, or
# somebody's own.
is_as_seen() {
  [ -e "$1" ] || return 0
  [ -f "$1" ] || refuse "$1 is there, and is no file"
  [ -s "$1" ] && [ "$2" != any ] || return 0
  is=$(packed_sum "$1")
  [ "$is" != "$(packed_sum "$new")" ] || return 0
  [ "$2" != absent ] || moved "$1 exists, and is not of this cluster"
  [ "$is" = "$2" ] || moved "$1 differs from what the plan read"
}
packed_sum() {
  packed=$(tr -d '[:space:]' <"$1" | sha256sum)
  printf %s "${packed%% *}"
}
placed=0
place() {
  placed=$((placed + 1))
  new=$(printf '%s' "$staged" | sed -n "${placed}p")
  in_place=${new%% *}
  new=${new#* }
  [ "$in_place" != no ] || in_place=
  put_in_place "$(place_of "$1")" "$2" "$3"
}
each() {
  act=$1
  shift
  while [ $# -ge 4 ]; do
    "$act" "$1" "$2" "$3" "$4"
    shift 4
  done
}
each receive "$@"
[ "$got" -eq "$size" ] || refuse "$size bytes were announced, and $got arrived"
each place "$@"
