# shellcheck shell=sh
# COMMAND CRI_SOCKET ADDRESS PORT FROM …   (stdin: the pass of one transfer: a certificate and its key)
# Both hosts show the same certificate, and trust no other. It lies in memory (/run is a tmpfs) while socat may read it.
# The giver comes from the address FROM, and the receiver takes nobody else's connection.
command -v socat >/dev/null || { echo 'socat is not there to pass images on with' >&2; exit 127; }
socket=${cri_socket#unix://}
family=pf=ip4 alone=32
case $address in *:*) address="[$address]" from="[$from]" family=pf=ip6 alone=128 ;; esac
own=$(mktemp -d /run/hawser-pass.XXXXXX)
talk='' watching=''
trap 'end; rm -rf -- "$own"' EXIT
trap 'exit 143' HUP INT TERM
cat >"$own/pass"
with="cert=$own/pass,cafile=$own/pass,verify=1,openssl-commonname=hawser,$family"
: >"$own/log"
mkfifo "$own/stream"

# end: of what was begun here
end() {
  for job in $talk $watching; do kill "$job" 2>/dev/null || :; done
  talk='' watching=''
}

# tell: how much has come so far, for who takes something
tell() { :; }

# logged TEXT: whether socat has said so
logged() { grep -qF "$1" "$own/log"; }

# watch LIMIT PACE: ends socat where the two have not agreed upon TLS after 15 s, for which it would itself wait for
# ever, or where it talks for more than LIMIT seconds. It looks each PACE seconds.
watch() {
  seconds=0 agreed=
  while kill -0 "$talk" 2>/dev/null; do
    sleep "$2" >/dev/null 2>&1
    seconds=$((seconds + $2))
    [ "$agreed" ] || ! logged ' starting data transfer ' || agreed=yes
    if [ "$seconds" -gt "$1" ] || { [ "$seconds" -ge 15 ] && [ ! "$agreed" ]; }; then
      echo "hawser E the other host had not come, or not sent all, after $seconds s" >>"$own/log"
      kill "$talk" 2>/dev/null || :
      return
    fi
    [ ! "$agreed" ] || tell
  done
}

# complaints: of socat
complaints() { grep -E ' [EFW] ' "$own/log" >&2 || :; }
