# etcd_is_new_enough.sh VERSION KUBEADM: whether the host's etcd is VERSION or newer, as KUBEADM wants it.
apart timeout 20 etcd --version || { last_words; exit 2; }
found=$(printf '%s\n' "$answer" | awk '$1 == "etcd" && $2 == "Version:" { print $3 }')
[ -n "$found" ] || { echo 'etcd --version names no version'; exit 2; }
[ "$(printf '%s\n' "$1" "$found" | sort -V | head -n 1)" = "$1" ] || { echo "etcd $found is too old for kubeadm $2, which wants $1 or newer"; exit 1; }
