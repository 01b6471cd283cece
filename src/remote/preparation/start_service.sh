# needs: last_lines
# args: unit now
# Enabled, and started where `now` is "yes"
systemctl enable -q "$unit" 2>&1
[ "$now" != yes ] || systemctl start "$unit" 2>&1 || { last_lines "$unit"; exit 1; }
