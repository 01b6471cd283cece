# import_image.sh CRI_SOCKET NAME…   (stdin: an archive of one image, whose index comes last: one that is cut off is none)
# NAME: those that may lead to another image by now.   (after image_listing.sh)
command -v ctr >/dev/null || { echo 'ctr, which comes with containerd, is not there to import with' >&2; exit 127; }
socket=${1#unix://}
shift
ctr -a "$socket" -n k8s.io images import -
for name; do notice "$name"; done
