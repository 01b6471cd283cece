# needs: image_listing content_store image_id
# args: cri_socket id names…
# (stdin: an archive of one image, whose index comes last: one that is cut off is none) "there": the image has been seen
# here; without "waiting" before it, it was here already.
command -v ctr >/dev/null || { echo 'ctr, which comes with containerd, is not there to import with' >&2; exit 127; }
socket=${cri_socket#unix://}
patiently list_of "$id" "$@" || exit 2
# shellcheck disable=SC2086 # two words
if alike "$id" "$@" && is_of "$id" $target; then
  echo there
  exit
fi
before=$listing
echo waiting
# ctr makes much garbage and holds next to nothing: collecting it less often spares a tenth of its processor time.
GOGC=400 ctr -a "$socket" -n k8s.io images import -
listing=$before
notice_again "$@"
# shellcheck disable=SC2086 # two words
! seen_as "$id" "$@" || ! is_of "$id" $target || echo there
