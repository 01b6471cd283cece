# shellcheck shell=sh
# put_file: puts in place what comes on standard input. Its arguments are the caller's, by name.
put_file() {
  path=$(place_of "$asked_path")
  read -r size
  [ "$seen" != sums ] || read -r seen
  trap 'rm -f -- ${new:+"$new"}' EXIT
  stage "$path" "$owner"
  case $path in "$run_folder"/*) chmod 700 "$run_folder" ;; esac
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
}
