# args: process
# Ends it, if it still is what was started.
tr '\0' '\n' <"/proc/$process/cmdline" | grep -qx hawser-listens || exit 0
kill "$process"
