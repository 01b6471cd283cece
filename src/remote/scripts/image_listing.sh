# shellcheck shell=sh disable=SC2154 # socket is set in the file after this one
# containerd's list of images, which is whatever the archives said that were imported. Each host asks for it some times an
# image: what the shell can do itself, no program is started for.
containerd() { ctr --timeout 20s --connect-timeout 2s -a "$socket" -n k8s.io "$@"; }

# notice NAME: has the runtime look at it anew. Of a name that it has marked as its own it would not see that it leads to
# another image now, and would not name that by its id.
notice() { containerd images label "$1" io.cri-containerd.image= >/dev/null; }

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

# find_target NAME: $target is where it leads in $listing, DIGEST TYPE; more than that where several rows have the name
find_target() {
  target=
  while read -r known kind digest _; do
    [ "$known" != "$1" ] || target="$target${target:+ }$digest $kind"
  done <<LIST
$listing
LIST
}
