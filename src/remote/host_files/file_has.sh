# args: path owner mode
# stdin: the size in bytes on a line, then the content.
read -r size
[ -f "$path" ] || { echo "$path is not there"; exit 1; }
[ "$(stat -L -c '%U:%G %04a' -- "$path")" = "$owner $mode" ] || { echo "$path has a different owner or mode"; exit 1; }
wanted=$(head -c "$size" | sha256sum)
[ "$(sha256sum <"$path")" = "$wanted" ] || { echo "$path has another content"; exit 1; }
