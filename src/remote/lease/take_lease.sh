# args: lease run over lines…
# Takes this host's lease for a run: its lines then say whose it is. It is free where there is none, where it has run
# out, or where it is OVER's, whose process is known to be gone; not while a command works under it. "taken", or "held",
# whether a command works under it (yes, no), the seconds since it was renewed, and what it says.
lasts=60
command -v flock >/dev/null || { echo 'flock is not on this host (it is in the package util-linux)' >&2; exit 127; }
tries=0
while :; do
  works=no
  exec 9<>"$lease"
  flock -w 1 9 || works=yes
  # Whoever gives it back removes the file, also one that is waited for.
  # shellcheck disable=SC3013 # dash, bash and busybox have it
  [ ! /proc/self/fd/9 -ef "$lease" ] || break
  [ $((tries += 1)) -lt 20 ] || { echo "$lease changes all the time" >&2; exit 2; }
done
id='' renewed='' age=unknown
while read -r key value _; do
  case $key in
    id) id=$value ;;
    renewed) renewed=$value ;;
  esac
done <"$lease"
read -r up _ </proc/uptime
up=${up%.*}
case $renewed in '' | *[!0-9]*) ;; *) age=$((up - renewed)) ;; esac

# What has been renewed in the time to come is from before this host was started. What cannot be read is somebody's.
is_free() {
  [ "$works" = no ] || return
  [ -s "$lease" ] || return 0
  [ -n "$id" ] || return
  [ "$id" != "$over" ] || return 0
  [ "$age" != unknown ] || return
  [ "$age" -lt 0 ] || [ "$age" -gt "$lasts" ]
}

if [ "$id" = "$run" ]; then
  echo taken
elif is_free; then
  { printf 'renewed %12d %-80.80s\nid %s\n' "$up" 'it begins' "$run" && printf '%s\n' "$@"; } >"$lease" ||
    { rm -f -- "$lease"; exit 1; }
  echo taken
else
  echo "held $works $age"
  cat -- "$lease"
fi
