# args: unit now
systemctl is-enabled -q "$unit" 2>/dev/null || { echo "$unit is not enabled"; exit 1; }
[ "$now" != yes ] || systemctl is-active -q "$unit" || { echo "$unit is $(systemctl is-active "$unit" || :)"; exit 1; }
