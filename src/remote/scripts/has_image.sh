# has_image.sh CRI_SOCKET ID NAME…   (after image_listing.sh)
# containerd keeps each image under its names and under its id, all leading to the same manifest.
socket=${1#unix://} id=$2
shift 2
list || exit 2
target=$(target_of "$id")
[ -n "$target" ] || { echo "$id is not there"; exit 1; }
for name; do
  found=$(target_of "$name")
  [ "$found" = "$target" ] || { echo "$name ${found:+is another image, and }is not there as $id"; exit 1; }
done
