# args: path
# Of this one file, and of no other
sysctl -q -p "$path" 2>&1
