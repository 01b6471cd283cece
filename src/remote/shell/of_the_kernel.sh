# shellcheck shell=sh
# What a kernel has, as more than one script asks it.
# module_is_there NAME: loaded, or built in. Not every kernel shows the latter below /sys/module.
module_is_there() {
  file=$(printf %s "$1" | tr - _)
  [ ! -d "/sys/module/$file" ] || return 0
  case $1 in
    overlay) grep -qw overlay /proc/filesystems ;;
    br_netfilter) [ -d /proc/sys/net/bridge ] ;;
    *) grep -q "/$file.ko" "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null ;;
  esac
}

# sysctl_path NAME: dots are slashes, but where slashes are written
sysctl_path() {
  case $1 in
    */*) printf '/proc/sys/%s' "$1" ;;
    *) printf '/proc/sys/%s' "$1" | tr . / ;;
  esac
}

# swap: a line for each place that swap is on or comes back from: in use, in fstab, or a unit of systemd.
swap() {
  awk 'NR > 1 { print "active " $1 }' /proc/swaps
  [ ! -r /etc/fstab ] || awk '!/^[[:space:]]*#/ && $3 == "swap" { print "fstab " $1 }' /etc/fstab
  for path in /etc/systemd/system/*.swap /run/systemd/system/*.swap /usr/local/lib/systemd/system/*.swap \
    /usr/lib/systemd/system/*.swap /lib/systemd/system/*.swap /run/systemd/generator*/*.swap; do
    [ -e "$path" ] || continue
    # A unit that is made of fstab ends with its line there.
    ! grep -qs 'SourcePath=/etc/fstab' "$path" || continue
    case $(systemctl is-enabled "${path##*/}" 2>/dev/null) in
      masked* | disabled | not-found) ;;
      static) ! is_wanted "${path##*/}" || printf 'unit %s\n' "${path##*/}" ;;
      *) printf 'unit %s\n' "${path##*/}" ;;
    esac
  done | sort -u
}

# is_wanted UNIT: whether another unit brings it with it.
is_wanted() {
  [ -n "$(systemctl show --value -p WantedBy -p RequiredBy -p UpheldBy "$1" 2>/dev/null | tr -d '\n')" ]
}
