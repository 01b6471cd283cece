# service.sh UNIT: enabled, and running what its configuration says; established connections live on.
systemctl enable -q "$1" 2>&1 || { echo "$1 cannot be enabled"; exit 1; }
if systemctl is-active -q "$1"; then systemctl reload-or-restart "$1"; else systemctl restart "$1"; fi
