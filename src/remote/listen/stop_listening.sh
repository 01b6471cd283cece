# stop_listening.sh PROCESS: ends it, if it still is what was started.
tr '\0' '\n' <"/proc/$1/cmdline" | grep -qx hawser-listens || exit 0
kill "$1"
