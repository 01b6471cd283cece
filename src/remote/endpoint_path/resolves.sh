# resolves.sh NAME
getent ahosts "$1" >/dev/null || { echo "the name $1 does not resolve here"; exit 1; }
