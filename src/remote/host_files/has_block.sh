# needs: blocks
# args: path begin end
# (stdin: the size in bytes on a line, then the block, from the line BEGIN to the line END)
read_block
[ -f "$path" ] || { echo "$path is not there"; exit 1; }
wanted=$block
# shellcheck disable=SC2046 # numbers
set -- $(blocks "$path" "$begin" "$end")
[ $# -gt 0 ] || { echo "$path has no such block"; exit 1; }
while [ $# -ge 2 ]; do
  found=$(head -n "$2" <"$path" | tail -n "+$1"; echo .)
  [ "${found%.}" = "$wanted" ] || { echo "$path has another block"; exit 1; }
  shift 2
done
