# pull_images.sh IMAGE …
for image; do
  echo "pulling $image"
  if command -v crictl >/dev/null; then crictl pull "$image"; else ctr -n k8s.io images pull "$image"; fi >/dev/null
done
