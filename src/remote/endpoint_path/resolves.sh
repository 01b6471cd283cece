# args: name
getent ahosts "$name" >/dev/null || { echo "the name $name does not resolve here"; exit 1; }
