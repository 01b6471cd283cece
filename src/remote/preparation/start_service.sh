# start_service.sh UNIT START: enabled, and started where START is "yes"
systemctl enable -q "$1" 2>&1
[ "$2" != yes ] || systemctl start "$1" 2>&1 || { journalctl -u "$1" -n 8 --no-pager -o cat 2>/dev/null | cut -c -300; exit 1; }
