# needs: image_listing content_store image_id pass
# args: cri_socket address port from limit source_host id names…
# One connection is taken, and none after 10 s. Whoever has not the key is turned away, and the transfer ends with that.
# "there": the image has been seen here as it should be; without "waiting" before it, it was here already.
# shellcheck disable=SC2154 # set in pass.sh
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
# An archive may give any image any name. What has got a name that nobody asked for, or is not the image, is taken away
# again. 3: the source is not to be trusted.

# tell_them TEXT: if they still hear it
tell_them() { printf '%s\n' "$1" 2>/dev/null || :; }

# appeared: lists the names that lead somewhere else than before. A row that could be read in two ways has to be the
# same whole.
appeared() {
  list || { tell_them "cannot list what $source_host sent"; exit 3; }
  printf '%s\n' "$listing" >"$own/after"
  awk '
    NF { $1 = $1 }
    {
      row = $1 " " $2 " " $3
      digests = 0
      for (i = 2; i <= NF; i++) if ($i ~ /^sha[0-9]+:/) digests++
      if (digests != 1) row = $0
    }
    NR == FNR { known[row]; next }
    !(row in known) { print (NF ? $1 : "(no name)") }' "$own/before" "$own/after" >"$own/appeared"
}

# leave STATUS WHY: with nothing of it. The runtime may still be about to name images by their ids.
leave() {
  tell_them "$2"
  for _ in 1 2 3; do
    [ -s "$own/appeared" ] || exit "$1"
    while read -r name; do
      containerd images rm "$name" >/dev/null 2>&1 || :
    done <"$own/appeared"
    sleep 0.5
    appeared
  done
  [ ! -s "$own/appeared" ] || tell_them 'not all of it could be removed: check with ctr -n k8s.io images ls'
  exit "$1"
}

appeared
printf '%s\n' "$id" "$@" >"$own/asked"
foreign=$(grep -vxF -f "$own/asked" "$own/appeared" | tr '\n' ' ') || :
[ -z "$foreign" ] || leave 3 "$source_host sent unexpected images; they are removed: $foreign"
[ "$status" = 0 ] || leave 1 'what came could not be imported'
proved=
for name in "$@" "$id"; do
  find_target "$name"
  if [ -z "$target" ]; then
    [ "$name" != "$id" ] || continue
    leave 1 "$source_host did not send $name"
  fi
  # shellcheck disable=SC2086 # two words
  [ "$target" = "$proved" ] || is_of "$id" $target ||
    leave 3 "$source_host sent another image as $name than $id; it is removed"
  proved=$target
done
listing=$before
notice_again "$@"
! seen_as "$id" "$@" || [ "$target" != "$proved" ] || tell_them there
