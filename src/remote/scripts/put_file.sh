# put_file.sh PATH OWNER MODE VALIDATOR   (stdin: the size in bytes on a line, then the content)
# Atomic, and private from the first byte; a cut connection looks like an end of file, so the size is checked.
path=$1 owner=$2 mode=$3 validator=$4
read -r size
(umask 022; mkdir -p -- "${path%/*}")
case $path in /run/hawser/*) chmod 700 /run/hawser ;; esac
new=$(mktemp -- "${path%/*}/.${path##*/}.XXXXXX")
trap 'rm -f -- "$new"' EXIT
head -c "$size" >"$new"
got=$(wc -c <"$new")
[ "$got" -eq "$size" ] || { echo "only $got of $size bytes arrived; $path is as it was" >&2; exit 1; }
case $validator in
haproxy) haproxy -c -q -f "$new" ;;
containerd) containerd -c "$new" config dump >/dev/null ;;
keepalived) chmod 600 "$new"; keepalived -t -f "$new" ;;
esac
chown -- "$owner" "$new"
chmod -- "$mode" "$new"
sync -- "$new"
mv -fT -- "$new" "$path"
trap - EXIT
