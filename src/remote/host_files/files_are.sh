# args: files…
# stdin: for each file in this order a line: its path, a space, its SHA-256.
while [ $# -ge 3 ]; do
  read -r path sum || { echo "nothing is known of $1"; exit 2; }
  [ "$path" = "$1" ] || { echo "$1 was expected, and the sum of another file came"; exit 2; }
  [ -f "$1" ] || { echo "$1 is not there"; exit 1; }
  [ "$(stat -L -c '%U:%G %04a' -- "$1")" = "$2 $3" ] || { echo "$1 has a different owner or mode"; exit 1; }
  [ "$(sha256sum <"$1")" = "$sum  -" ] || { echo "$1 has another content"; exit 1; }
  shift 3
done
