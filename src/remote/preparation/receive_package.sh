# receive_package.sh FOLDER NAME SHA256   (stdin: a tar archive with the one file)
folder=$1 name=$2
(umask 022; mkdir -p -- "$folder")
new=$(mktemp -d -- "$folder/.arriving.XXXXXX")
trap 'rm -rf -- "$new"' EXIT
tar -xf - -C "$new" --no-same-owner -- "$name"
[ "$(sha256sum <"$new/$name")" = "$3  -" ] || { echo "$name did not arrive whole" >&2; exit 1; }
chmod 644 -- "$new/$name"
mv -fT -- "$new/$name" "$folder/$name"
