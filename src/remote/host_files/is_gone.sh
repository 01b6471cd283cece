# args: path
[ ! -e "$path" ] || { echo "$path is still there"; exit 1; }
