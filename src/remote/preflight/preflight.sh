# needs: answers
# args: cri_socket sysctls paths…
# What a host is, as far as a cluster depends on it: one answer a question, and nothing is changed. `sysctls` are names,
# separated by spaces; of each `paths` the room on its disk is told.
set +e

os_release() {
  # shellcheck source=/dev/null
  . /etc/os-release
  printf '%s %s\n' "${ID:-linux}" "${VERSION_ID:-}"
}

# As containerd and runc tell it.
init() {
  if [ -d /run/systemd/system ]; then echo systemd; else cat /proc/1/comm; fi
}

modules() {
  ! grep -qw overlay /proc/filesystems || echo overlay
  [ ! -d /proc/sys/net/bridge ] || echo br_netfilter
}

values() {
  set -f
  for name in $sysctls; do
    path=/proc/sys/$(printf %s "$name" | tr . /)
    [ ! -r "$path" ] || printf '%s %s\n' "$name" "$(cat "$path")"
  done
}

resources() {
  nproc
  awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo
}

# Of what is not there yet, its nearest folder that is.
disk() {
  printf '%s\n' "$1"
  case $1 in
    /*) place=$1 ;;
    *) echo "not an absolute path: $1" >&2; return 1 ;;
  esac
  until [ -e "$place" ]; do place=${place%/*}; place=${place:-/}; done
  timeout 5 df -Pk -- "$place" | awk 'NR == 2 { print $2, $4 }'
}

disks() {
  for path; do section disk disk "$path"; done
}

addresses_of_cards() {
  for path in /sys/class/net/*/address; do
    name=${path%/address}
    printf '%s %s\n' "${name##*/}" "$(cat "$path")"
  done
}

# The plugin for Kubernetes may be switched off in a containerd that runs.
runtime() {
  socket=${cri_socket#unix://}
  [ -S "$socket" ] || { echo "$socket is not there" >&2; return 1; }
  if command -v crictl >/dev/null; then
    timeout 20 crictl --runtime-endpoint "$cri_socket" version
  else
    timeout 20 ctr --connect-timeout 5s -a "$socket" version
  fi
}

programs() {
  for name in conntrack crictl ethtool haproxy ip iptables keepalived losetup mount nsenter perl python3 socat etcd etcdctl; do
    ! command -v "$name" >/dev/null || echo "$name"
  done
}

# Who holds one of the locks of Debian's package manager. Locks are known by inode alone, so by the holder's name too.
package_lock() {
  for path in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock; do
    [ -e "$path" ] || continue
    inode=$(stat -c %i -- "$path")
    awk -v inode="$inode" '{ split($6, place, ":"); if (place[3] == inode && $5 > 0) print $5 }' /proc/locks
  done | sort -u | while read -r pid; do
    { read -r name <"/proc/$pid/comm"; } 2>/dev/null || continue
    case $name in
      apt* | dpkg* | unattended* | packagekit*) printf '%s %s\n' "$pid" "$name" ;;
    esac
  done
}

quick() {
  section os_release os_release
  section cgroup stat -fc %T /sys/fs/cgroup
  section init init
  section swap awk 'NR > 1 { print $1, $3 }' /proc/swaps
  section modules modules
  section sysctls values
  section resources resources
  section product_uuid cat /sys/class/dmi/id/product_uuid
  section cards addresses_of_cards
  section programs programs
  section package_lock package_lock
}

disks "$@" </dev/null |
  also quick |
  also section own_name timeout 5 getent ahosts "$(uname -n)" |
  also section clock timeout 20 timedatectl show -p NTPSynchronized --value |
  also section listeners timeout 20 ss -Hltnp |
  also section runtime runtime |
  if command -v containerd >/dev/null; then also section containerd timeout 20 containerd config dump; else cat; fi
section end true
