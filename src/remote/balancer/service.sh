# args: unit
# Enabled, and running what its configuration says; established connections live on.
activate() { if systemctl is-active -q "$1"; then systemctl reload-or-restart "$1"; else systemctl restart "$1"; fi; }
systemctl enable -q "$unit" 2>&1 || { echo "$unit cannot be enabled"; exit 1; }
activate "$unit" || { journalctl -u "$unit" -n 8 --no-pager -o cat 2>/dev/null | cut -c -300; exit 1; }
