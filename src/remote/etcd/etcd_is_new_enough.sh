# needs: apart
# args: version kubeadm
# Whether the host's etcd is `version` or newer, as `kubeadm` wants it.
apart timeout 20 etcd --version || { last_words; exit 2; }
found=$(printf '%s\n' "$answer" | awk '$1 == "etcd" && $2 == "Version:" { print $3 }')
[ -n "$found" ] || { echo 'etcd --version names no version'; exit 2; }
[ "$(printf '%s\n' "$version" "$found" | sort -V | head -n 1)" = "$version" ] || { echo "etcd $found is too old for kubeadm $kubeadm, which wants $version or newer"; exit 1; }
