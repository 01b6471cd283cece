# shellcheck shell=sh
# containerd's list of images, which is whatever the archives said that were imported. Each host asks for it some times
# an image: what the shell can do itself, no program is started for.
containerd() { ctr --timeout 20s --connect-timeout 2s -a "$socket" -n k8s.io "$@"; }

# notice NAME: has the runtime look at it anew. Of a name that it has marked as its own it would not see that it leads
# to another image now, and would not name that by its id.
notice() { patiently containerd images label "$1" io.cri-containerd.image= >/dev/null; }

# list: keeps it in $listing
list() { listing=$(containerd images ls); }

# list_of NAME…: the same of these alone, as ctr looks into each image that it lists
list_of() {
  for name; do
    case $name in *[!A-Za-z0-9._/:@+-]*) list; return ;; esac
    shift
    set -- "$@" "name==\"$name\""
  done
  listing=$(containerd images ls "$@")
}

# patiently COMMAND…: again for some seconds where it fails: containerd may be about to start
patiently() {
  for _ in 1 2 3 4; do
    ! "$@" 2>/dev/null || return 0
    sleep 2
  done
  "$@"
}

# find_target NAME: $target is where it leads in $listing, DIGEST TYPE; more than that where several rows have the name,
# or where the row could be read in two ways, as a type is whatever an archive said, spaces and digests too
find_target() {
  target=
  while read -r known kind digest rest; do
    [ "$known" = "$1" ] || continue
    case " $rest" in *' sha'[0-9]*:*) kind="$kind unclear $known" ;; esac
    target="$target${target:+ }$digest $kind"
  done <<LIST
$listing
LIST
}

# alike NAME…: whether all of them lead to one place in $listing, which is then in $target
alike() {
  shared=
  for name; do
    find_target "$name"
    [ -n "$target" ] && [ "$target" = "${shared:=$target}" ] || return 1
  done
}

# notice_again NAME…: of those in $listing, which is as it was before an import
notice_again() {
  for name; do
    find_target "$name"
    [ -z "$target" ] || notice "$name"
  done
}

# seen_as ID NAME…: waits for the runtime to name an image by its id, which may take it a moment; $target is then where
# all names lead. They are asked for one by one: in the whole list a name may look like the row of another.
seen_as() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    list_of "$@" || return 1
    ! alike "$@" || return 0
    sleep 0.2
  done
  return 1
}
