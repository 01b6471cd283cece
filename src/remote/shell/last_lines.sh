# shellcheck shell=sh
# last_lines UNIT: what a unit has written last, for a person.
last_lines() { journalctl -u "$1" -n 8 --no-pager -o cat 2>/dev/null | cut -c -300; }
