# needs: answers of_the_kernel
# args: modules sysctls folder
# What of its preparation a host has; nothing is changed. `modules` and `sysctls` are names, separated by spaces; in
# `folder` packages lie that an earlier run has not installed.
set +e

distribution() {
  ID=linux ID_LIKE='' PRETTY_NAME=Linux
  # shellcheck source=/dev/null
  [ ! -r /etc/os-release ] || . /etc/os-release
  printf '%s\n' "$PRETTY_NAME" "$ID $ID_LIKE" "$(dpkg --print-architecture)"
}

loaded() {
  for name in $modules; do ! module_is_there "$name" || printf '%s\n' "$name"; done
}

values() {
  for name in $sysctls; do
    path=$(sysctl_path "$name")
    [ ! -r "$path" ] || printf '%s %s\n' "$name" "$(cat "$path")"
  done
}

section distribution distribution
section swap swap
section modules loaded
section sysctls values
[ ! -e "$folder" ] || section leftover_packages true
! command -v dpkg-query >/dev/null || section packages timeout 20 dpkg-query -W -f '${Package} ${Version} ${db:Status-Want} ${db:Status-Status}\n'
section end true
