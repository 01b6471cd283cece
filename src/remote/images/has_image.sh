# needs: image_listing content_store image_id
# args: cri_socket id names…
# containerd keeps each image under its names and under its id, all leading to the same manifest.
socket=${cri_socket#unix://}
list_of "$id" "$@" || exit 2
find_target "$id"
[ -n "$target" ] || { echo "$id is not there"; exit 1; }
of_id=$target
for name; do
  find_target "$name"
  [ "$target" = "$of_id" ] || { echo "$name ${target:+is another image, and }is not there as $id"; exit 1; }
done
# shellcheck disable=SC2086 # two words
is_of "$id" $of_id || { echo "what is there as $id is another image"; exit 1; }
