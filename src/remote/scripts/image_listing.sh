# shellcheck shell=sh disable=SC2154 # socket is set in the file after this one
# containerd's list of images, which is whatever the archives said that were imported.
containerd() { timeout 20 ctr --connect-timeout 2s -a "$socket" -n k8s.io "$@"; }

# notice NAME: has the runtime look at it anew. Of a name that it has marked as its own it would not see that it leads to
# another image now, and would not name that by its id.
notice() { containerd images label "$1" io.cri-containerd.image= >/dev/null; }

# list: keeps it in $listing
list() { listing=$(containerd images ls); }

# target_of NAME: where it leads in $listing, DIGEST TYPE
target_of() { printf '%s\n' "$listing" | awk -v name="$1" '$1 == name { print $3, $2 }'; }
