# shellcheck shell=sh
# apt, asked for nothing: a configuration that somebody has changed stays, what is not needed is not installed, and
# nothing is removed. For another apt or dpkg all that is done here waits ten minutes.
patience_ends=$(($(date +%s) + 600))
patience() { echo $((patience_ends - $(date +%s))); }
apt_get() {
  left=$(patience)
  # shellcheck disable=SC2086 # options
  apt-get ${apt_source:-} -q -y --no-install-recommends --no-remove --allow-change-held-packages --allow-downgrades \
    -o DPkg::Lock::Timeout="$((left > 0 ? left : 0))" -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef \
    -o Dpkg::Options::=--force-confold "$@"
}
# unlocked WORDS COMMAND…: once more while another has the lock, as its last words WORDS tell; else what it says.
unlocked() {
  words=$1
  shift
  until said=$("$@" 2>&1); do
    case $said in *"$words"*) ;; *) printf '%s\n' "$said"; return 1 ;; esac
    [ "$(patience)" -gt 0 ] || { printf '%s\n' "$said"; return 1; }
    sleep 2
  done
}
