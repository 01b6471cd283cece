# write_files.sh [PATH OWNER MODE] …   (stdin: the size in bytes on a line, then for each file in this order a line: its path,
# a space, its content in base64)
# Only what the arguments name is written. Each file is private from the first byte and takes its place whole, when all
# have arrived. A cut connection looks like an end of file, so every line has to end, and the size is checked.
staged=
discard() { printf '%s\n' "$staged" | while read -r new; do [ -z "$new" ] || rm -f -- "$new"; done; }
trap discard EXIT
refuse() { echo "$1; nothing was written" >&2; exit 1; }
beside() { printf '%s/.%s.hawser' "${1%/*}" "${1##*/}"; }

read -r size || refuse 'nothing arrived'
got=0
receive() {
  read -r path content || refuse "only $got of $size bytes arrived"
  got=$((got + ${#path} + ${#content} + 2))
  [ "$path" = "$1" ] || refuse "$1 was expected, and another file arrived"
  (umask 022; mkdir -p -- "${1%/*}")
  new=$(beside "$1")
  staged="$staged
$new"
  rm -f -- "$new"
  (set -C; printf %s "$content" | base64 -d >"$new") || refuse "$1 did not arrive whole"
  chown -- "$2" "$new"
  chmod -- "$3" "$new"
  sync -- "$new"
}
place() { mv -fT -- "$(beside "$1")" "$1"; }
each() {
  act=$1
  shift
  while [ $# -ge 3 ]; do
    "$act" "$1" "$2" "$3"
    shift 3
  done
}
each receive "$@"
[ "$got" -eq "$size" ] || refuse "$size bytes were announced, and $got arrived"
each place "$@"
