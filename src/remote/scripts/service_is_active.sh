# service_is_active.sh UNIT
systemctl is-active -q "$1" || { echo "$1 is $(systemctl is-active "$1" || :)"; exit 1; }
