# args: socket images…
pull() {
  if command -v crictl >/dev/null; then
    crictl --runtime-endpoint "$socket" pull "$1"
  else
    ctr -a "${socket#unix://}" -n k8s.io images pull "$1"
  fi
}
for image; do
  echo "pulling $image"
  pull "$image" >/dev/null
done
