# needs: apart kubectl
# args: server flag
# Whether the API server that runs was started with `flag`, and is well.
found=
for path in /proc/[0-9]*/comm; do
  { read -r name <"$path"; } 2>/dev/null || continue
  [ "$name" = kube-apiserver ] || continue
  found=$path
  tr '\0' '\n' 2>/dev/null <"${path%/comm}/cmdline" | grep -qxF -e "$flag" ||
    { echo 'the kubelet has not started the API server again yet'; exit 1; }
done
[ -n "$found" ] || { echo 'no API server runs'; exit 1; }
apart k --server "$server" get --raw /readyz || { echo "/readyz: $(last_words)"; exit 1; }
