# receive_image.sh CRI_SOCKET ADDRESS PORT FROM LIMIT GIVER ID NAME…
# (after image_listing.sh, content_store.sh, image_id.sh, pass.sh; before judge_image.sh)
# One connection is taken, and none after 10 s. Whoever has not the key is turned away, and the transfer ends with that.
# "there": the image has been seen here as it should be; without "waiting" before it, it was here already.
# shellcheck disable=SC2154 # set in pass.sh
limit=$1 giver=$2 id=$3
shift 3
patiently list || exit 2
before=$listing
# Asked for name by name once more: a name may look like the row of another in the whole list.
# shellcheck disable=SC2086 # two words
if alike "$id" "$@" && list_of "$id" "$@" && alike "$id" "$@" && is_of "$id" $target; then
  echo there
  exit
fi
printf '%s\n' "$before" >"$own/before"
GOGC=400 ctr -a "$socket" -n k8s.io images import - <"$own/stream" >/dev/null &
import=$!
socat -u -d -d -b 131072 -T 300 \
  "OPENSSL-LISTEN:$port,bind=$address,range=$from/$alone,reuseaddr,accept-timeout=10,$with" STDOUT \
  >"$own/stream" 2>>"$own/log" &
talk=$!
# What socat has written is the image, but for a few lines.
tell() {
  while read -r count bytes; do
    [ "$count" != wchar: ] || echo "taken $bytes"
  done <"/proc/$talk/io" || :
}
# Also where nobody listens any more.
(trap '' PIPE; watch "$limit" 1) </dev/null 2>/dev/null &
watching=$!
tries=0
until logged ' listening on ' || [ $((tries += 1)) -gt 50 ]; do
  kill -0 "$talk" 2>/dev/null || break
  sleep 0.1
done
! logged ' listening on ' || echo waiting
status=0
wait "$import" || status=$?
end
# What came is judged, and taken away if need be, also where nobody is there any more to be told.
trap '' PIPE
complaints
