# needs: place package_default of_the_kernel
# Now and at boot. A line of fstab becomes a comment; a unit is disabled, and masked where that is not
# enough.
swapoff -a 2>&1
if [ -e /etc/fstab ] && swap | grep -q '^fstab '; then
  path=$(place_of /etc/fstab)
  trap 'rm -f -- ${new:+"$new"}' EXIT
  seen=$(sum_at "$path") owner=$(stat -c %u:%g -- "$path") mode=$(stat -c %04a -- "$path")
  stage "$path" "$owner"
  awk '!/^[[:space:]]*#/ && $3 == "swap" { print "# switched off by hawser: " $0; next } { print }' "$path" >"$new"
  as_seen "$path" "$seen"
  put_in_place "$path" "$owner" "$mode"
  trap - EXIT
fi
systemctl daemon-reload
units() { swap | sed -n 's/^unit //p'; }
units | xargs -r systemctl disable -q 2>&1 || :
units | xargs -r systemctl mask -q 2>&1
