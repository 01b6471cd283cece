# shellcheck shell=sh
# etcd_unmounted DIRECTORY: the mount points at or above a data directory of etcd that /etc/fstab or a unit of systemd's
# names and at which nothing is mounted, a line each: what is not seen in the directory may be on that disk.
etcd_unmounted() {
  {
    [ ! -r /etc/fstab ] || awk '$1 !~ /^#/ && $2 ~ /^\// && $3 != "swap" { print $2 }' /etc/fstab
    sed -n 's/^Where=//p' /etc/systemd/system/*.mount /usr/lib/systemd/system/*.mount
  } 2>/dev/null | awk '!seen[$0]++' | while IFS= read -r etcd_point; do
    # The root is mounted, or nothing would run.
    etcd_point=${etcd_point%/}
    [ -n "$etcd_point" ] || continue
    etcd_is_below "$etcd_point" "$1" || etcd_is_below "$etcd_point" "$(readlink -f -- "$1")" || continue
    etcd_is_mounted "$etcd_point" || etcd_is_mounted "$(readlink -f -- "$etcd_point")" || printf '%s\n' "$etcd_point"
  done
}
etcd_is_below() { case $2/member in "${1%/}"/*) ;; *) return 1 ;; esac; }
etcd_is_mounted() { awk -v at="$1" '$2 == at { found = 1 } END { exit !found }' /proc/mounts; }
