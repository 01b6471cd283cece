# args: lease run doing command…
# Does the command, if the run still holds this host's lease, which it renews by that. The lease's file stays open (9),
# with a shared lock on it, as long as the command works, or anything that it has started: so the kernel knows that it
# does, also when the connection and the run are gone.
lost() { echo "lock lost: $1" >&2; exit 5; }
gone='its file is gone: it expired and another run took it, or this host restarted'
{ command exec 9<"$lease"; } 2>/dev/null || lost "$gone"
flock -s -w 10 9 || lost 'the lock file could not be checked within 10 s'
# shellcheck disable=SC3013 # dash, bash and busybox have it
[ /proc/self/fd/9 -ef "$lease" ] || lost "$gone"
id='' name='' user='' workstation='' since=''
while read -r key value; do
  case $key in
    id) id=$value ;;
    run) name=$value ;;
    user) user=$value ;;
    workstation) workstation=$value ;;
    since) since=$value ;;
  esac
done <"$lease"
[ "$id" = "$run" ] || lost "run $name of $user on $workstation has it since $since"
# The first line has one length: what others write there at the same moment is as true. No wall clock, which may be
# changed.
read -r up _ </proc/uptime
if [ -n "$doing" ]; then
  printf 'renewed %12d %-80.80s\n' "${up%.*}" "$doing" 1<>"$lease"
else
  printf 'renewed %12d ' "${up%.*}" 1<>"$lease"
fi
export HAWSER_BEGUN=$$
exec "$@"
