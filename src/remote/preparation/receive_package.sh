# args: folder name sum
# stdin: a tar archive with the one file.
(umask 022; mkdir -p -- "$folder")
new=$(mktemp -d -- "$folder/.arriving.XXXXXX")
trap 'rm -rf -- "$new"' EXIT
tar -xf - -C "$new" --no-same-owner -- "$name"
[ "$(sha256sum <"$new/$name")" = "$sum  -" ] || { echo "$name did not arrive whole" >&2; exit 1; }
chmod 644 -- "$new/$name"
mv -fT -- "$new/$name" "$folder/$name"
