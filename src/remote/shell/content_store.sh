# shellcheck shell=sh
# Where containerd keeps what it has, each blob a file whose digest it has computed. What is read there need not go
# through ctr and containerd.   (after image_listing.sh)
root=$(sed -n "s/^root *= *[\"']\(.*\)[\"'].*/\1/p" /etc/containerd/config.toml 2>/dev/null) || :
store=${root:-/var/lib/containerd}/io.containerd.content.v1.content/blobs

# blob DIGEST: its content. What is no digest leads to no file.
blob() {
  case ${1#sha256:} in
    '' | *[!0-9a-f]*) ;;
    *) ! cat -- "$store/sha256/${1#sha256:}" 2>/dev/null || return 0 ;;
  esac
  containerd content get "$1"
}
