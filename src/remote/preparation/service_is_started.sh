# service_is_started.sh UNIT START
systemctl is-enabled -q "$1" 2>/dev/null || { echo "$1 is not enabled"; exit 1; }
[ "$2" != yes ] || systemctl is-active -q "$1" || { echo "$1 is $(systemctl is-active "$1" || :)"; exit 1; }
