# needs: processes apart kubectl
# args: server flag
# Whether the API server that runs was started with `flag`, and is well.
found=$(processes kube-apiserver)
[ -n "$found" ] || { echo 'no API server runs'; exit 1; }
for process in $found; do
  tr '\0' '\n' 2>/dev/null <"/proc/$process/cmdline" | grep -qxF -e "$flag" ||
    { echo 'the kubelet has not started the API server again yet'; exit 1; }
done
see_ready "$server"
