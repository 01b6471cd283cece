# put_file.sh PATH OWNER MODE VALIDATOR SEEN BACKUP   (stdin: the size in bytes on a line; where SEEN is `sums`, a line
# with the SHA-256 that PATH may have; then the content)
# SEEN: what is there as the plan saw it: `any`, `absent` or `sums`. BACKUP: `yes` keeps what was there beside it.
# Atomic, and private from the first byte; a cut connection looks like an end of file, so the size is checked.
path=$(place_of "$1") owner=$2 mode=$3 validator=$4 seen=$5 backup=$6
read -r size
[ "$seen" != sums ] || read -r seen
trap 'rm -f -- ${new:+"$new"}' EXIT
stage "$path" "$owner"
case $path in /run/hawser/*) chmod 700 /run/hawser ;; esac
head -c "$size" >"$new"
got=$(wc -c <"$new")
[ "$got" -eq "$size" ] || { echo "only $got of $size bytes arrived; $path is as it was" >&2; exit 1; }
case $validator in
haproxy) haproxy -c -q -f "$new" ;;
containerd) containerd -c "$new" config dump >/dev/null ;;
keepalived) keepalived -t -f "$new" ;;
esac
as_seen "$path" "$seen"
[ "$backup" != yes ] || [ ! -f "$path" ] || back_up "$path"
put_in_place "$path" "$owner" "$mode"
trap - EXIT
