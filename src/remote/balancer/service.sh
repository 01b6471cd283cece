# needs: last_lines
# args: unit
# Enabled, and running what its configuration says; established connections live on.
activate() { if systemctl is-active -q "$1"; then systemctl reload-or-restart "$1"; else systemctl restart "$1"; fi; }
systemctl enable -q "$unit" 2>&1 || { echo "$unit cannot be enabled"; exit 1; }
activate "$unit" || { last_lines "$unit"; exit 1; }
