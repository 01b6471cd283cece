# file_is.sh PATH OWNER MODE SHA256
[ -f "$1" ] || { echo "$1 is not there"; exit 1; }
[ "$(stat -L -c '%U:%G %04a' -- "$1")" = "$2 $3" ] || { echo "$1 has another owner or mode"; exit 1; }
[ "$(sha256sum <"$1")" = "$4  -" ] || { echo "$1 has another content"; exit 1; }
