# pass_on_image.sh CRI_SOCKET ADDRESS PORT FROM LIMIT NAME…   (after pass.sh)
# An export that failed ends early, which the other end takes for no archive.
# shellcheck disable=SC2154 # set in pass.sh
limit=$1
shift
socat -u -d -d -b 131072 -T 300 STDIN "OPENSSL:$address:$port,bind=$from,connect-timeout=5,$with" \
  <"$own/stream" 2>>"$own/log" &
talk=$!
watch "$limit" </dev/null >/dev/null 2>&1 &
watching=$!
status=0
ctr -a "$socket" -n k8s.io images export - "$@" >"$own/stream" || status=$?
wait "$talk" || status=$?
complaints
exit "$status"
