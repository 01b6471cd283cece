# shellcheck shell=sh
# A block between two lines, in a file of which every other byte stays as it is.

# blocks PATH BEGIN END: the numbers of the first and the last line of each. A BEGIN without its END begins none.
blocks() {
  begin=$2 end=$3 awk '
    { line = $0; sub(/[ \t\r\f]+$/, "", line) }
    line == ENVIRON["begin"] { first = NR }
    line == ENVIRON["end"] && first { print first, NR; first = 0 }' <"$1"
}

# with_block PATH BEGIN END BLOCK: what is in PATH with each block replaced where it stands, or BLOCK at the end.
with_block() {
  in=$1 block=$4
  # shellcheck disable=SC2046 # numbers
  set -- $(blocks "$1" "$2" "$3")
  if [ $# -eq 0 ]; then
    cat -- "$in"
    # The last line may not have ended.
    [ ! -s "$in" ] || [ "$(tail -c 1 <"$in" | wc -l)" -eq 1 ] || echo
    printf '%s' "$block"
    return 0
  fi
  next=1
  while [ $# -ge 2 ]; do
    head -n "$(($1 - 1))" <"$in" | tail -n "+$next"
    printf '%s' "$block"
    next=$(($2 + 1))
    shift 2
  done
  tail -n "+$next" <"$in"
}

# read_block: $block, from standard input: its size in bytes on a line, then itself
read_block() {
  read -r size
  block=$(head -c "$size"; echo .)
  block=${block%.}
  [ "$(printf '%s' "$block" | wc -c)" -eq "$size" ] || { echo "not all of the $size bytes arrived; nothing was done" >&2; exit 2; }
}
