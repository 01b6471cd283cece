# args: path owner mode sum
[ -f "$path" ] || { echo "$path is not there"; exit 1; }
[ "$(stat -L -c '%U:%G %04a' -- "$path")" = "$owner $mode" ] || { echo "$path has a different owner or mode"; exit 1; }
[ "$(sha256sum <"$path")" = "$sum  -" ] || { echo "$path has another content"; exit 1; }
