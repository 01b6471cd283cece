# has_image.sh CRI_SOCKET ID NAME…   (after image_listing.sh, content_store.sh, image_id.sh)
# containerd keeps each image under its names and under its id, all leading to the same manifest.
socket=${1#unix://} id=$2
shift 2
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
