# shellcheck shell=sh
# install_packages NAME[=VERSION] …   A version is that of a release, without the packages' own revision, and its
# packages are held: no upgrade of the host's moves them.
install_packages() {
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a

  # What was cut off while it was installed is finished first. Another dpkg that is at work looks the same from outside,
  # and has finished by itself when it lets go.
  finish() { [ -z "$(dpkg --audit)" ] || dpkg --configure -a; }
  unlocked 'locked by another process' finish
  # Not an error to apt, as it goes on with old lists; what is missing then says less than this.
  unlocked 'Could not get lock' apt_get update
  printf '%s\n' "$said" | grep -E '^[WE]:' || :

  held=
  for wanted; do
    case $wanted in *=*) held="$held ${wanted%%=*}" ;; esac
  done
  plain=$#
  for wanted; do
    case $wanted in *=*) set -- "$@" "$wanted-*" ;; *) set -- "$@" "$wanted" ;; esac
  done
  shift "$plain"
  if ! apt_get install "$@" 2>&1; then
    for name in $held; do
      echo "$name: the repositories have $(apt-cache madison "$name" | awk '{ printf "%s%s", sep, $3; sep = ", " }')"
    done
    exit 1
  fi
  # shellcheck disable=SC2086 # names of packages
  [ -z "$held" ] || apt-mark hold $held >/dev/null
}
