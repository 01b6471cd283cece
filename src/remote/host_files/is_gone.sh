# is_gone.sh PATH
[ ! -e "$1" ] || { echo "$1 is still there"; exit 1; }
