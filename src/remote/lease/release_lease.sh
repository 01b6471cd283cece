# args: lease run
# Gives this host's lease back, if it is the run's. While a command works under it it stays,
# and runs out after that.
{ command exec 9<"$lease"; } 2>/dev/null || exit 0
flock -w 1 9 || { echo 'a command works here'; exit 0; }
# shellcheck disable=SC3013 # dash, bash and busybox have it
[ /proc/self/fd/9 -ef "$lease" ] || exit 0
id=''
while read -r key value; do [ "$key" != id ] || id=$value; done <"$lease"
[ "$id" != "$run" ] || rm -f -- "$lease"
