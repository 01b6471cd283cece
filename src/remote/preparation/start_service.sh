# args: unit now
# Enabled, and started where `now` is "yes"
systemctl enable -q "$unit" 2>&1
[ "$now" != yes ] || systemctl start "$unit" 2>&1 || { journalctl -u "$unit" -n 8 --no-pager -o cat 2>/dev/null | cut -c -300; exit 1; }
