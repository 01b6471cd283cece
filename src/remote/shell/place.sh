# shellcheck shell=sh
# How a file takes another's place: whole or not at all, only where the other is as the plan saw it, and keeping what
# the other has besides its content (links to it and from it, ACLs, extended attributes, the SELinux context). Owner and
# mode are given.

# place_of PATH: the file that is written: a link is kept, and where it leads is written. One that leads to no file, as
# that of a masked unit does, is replaced itself.
place_of() {
  [ -L "$1" ] || { printf '%s' "$1"; return 0; }
  place_real=$(readlink -f -- "$1") || { echo "$1 is a link that leads nowhere" >&2; return 1; }
  if [ -f "$place_real" ] || [ ! -e "$place_real" ]; then printf '%s' "$place_real"; else printf '%s' "$1"; fi
}

# sum_at PATH: the SHA-256 of the file, or `absent`; a masked unit is none.
sum_at() {
  if [ -f "$1" ]; then
    place_sum=$(sha256sum <"$1")
    printf '%s' "${place_sum%% *}"
  elif [ ! -e "$1" ] || [ "$(readlink -f -- "$1")" = /dev/null ]; then
    printf absent
  else
    echo "$1 is there, and is no file" >&2
    return 1
  fi
}

# is_mounted PATH: whether something is mounted there, so that nothing can be renamed onto it. The kernel names it
# without links, also such as lead to its folder.
is_mounted() {
  mount_point=$(readlink -f -- "$1") || return 1
  [ -r /proc/self/mountinfo ] && mounted=$mount_point awk '$5 == ENVIRON["mounted"] { found = 1 } END { exit !found }' /proc/self/mountinfo
}

# stage PATH OWNER: makes $new, which is to take PATH's place: empty, private, with PATH's attributes. $in_place is not
# empty where it cannot be renamed there without a loss.
stage() {
  in_place=
  (umask 022; mkdir -p -- "${1%/*}")
  if [ -f "$1" ] && { is_mounted "$1" || [ "$(stat -c %h -- "$1")" -gt 1 ]; }; then in_place=yes; fi
  # The folder of what is mounted may be one that nothing can be written to.
  if [ -n "$in_place" ] && [ ! -w "${1%/*}" ]; then
    new=$(mktemp /run/.hawser.XXXXXX)
  else
    new=$(mktemp -- "${1%/*}/.${1##*/}.XXXXXX")
  fi
  if [ -f "$1" ] && [ -z "$in_place" ]; then
    cp --attributes-only --preserve=all -- "$1" "$new" 2>/dev/null || in_place=yes
  fi
  chown -- "$2" "$new"
  chmod 600 -- "$new"
}

# as_seen PATH SUMS: ends the script where PATH is neither as one of SUMS (`absent`, `any`) nor already what $new is.
# Where there was none, its package may have brought its default since.
as_seen() {
  [ "$2" != any ] || return 0
  found=$(sum_at "$1")
  for sum in $2 "$(sum_at "$new")"; do
    [ "$found" != "$sum" ] || return 0
  done
  case "$2/$found" in
    */absent) moved "$1 is gone" ;;
    absent/*) ! is_package_default "$1" || return 0; moved "$1 is there now, and was not" ;;
    *) moved "$1 differs from what the plan read" ;;
  esac
}

# put_in_place PATH OWNER MODE: $new becomes PATH.
put_in_place() {
  chown -- "$2" "$new"
  chmod -- "$3" "$new"
  sync -- "$new"
  if [ -z "$in_place" ]; then
    mv -fT -- "$new" "$1"
  else
    write_through "$1" "$2" "$3"
  fi
}

# write_through PATH OWNER MODE: the same where PATH must stay the file that it is. What was in it is kept beside until
# it is known to hold what it should.
write_through() {
  old=$(mktemp -- "${new%/*}/.${1##*/}.old.XXXXXX")
  cat -- "$1" >"$old"
  sync -- "$old"
  # Before the first byte, which may be secret.
  chown -- "$2" "$1"
  chmod -- "$3" "$1"
  if ! cat -- "$new" >"$1" || ! sync -- "$1" || ! cmp -s "$new" "$1"; then
    if ! cat -- "$old" >"$1" || ! cmp -s "$old" "$1"; then
      echo "$1 could not be written; what was in it is in $old" >&2
      exit 1
    fi
    rm -f -- "$old"
    echo "$1 could not be written, and holds what it held" >&2
    exit 1
  fi
  rm -f -- "$new" "$old"
}
