# shellcheck shell=sh
# patiently COMMAND...: asked once more where it did not answer in time. A host that has just started, or whose disk is
# busy, takes seconds to read a program of 100 MB for the first time, and what it has read by then it need not read
# again.
patiently() {
  timeout 20 "$@"
  status=$?
  [ "$status" = 124 ] || return "$status"
  timeout 20 "$@"
}

# The image that every pod starts with.
sandbox() {
  command -v containerd >/dev/null || { echo 'containerd is not there' >&2; return 1; }
  timeout 20 containerd config dump | grep -E '^ *sandbox(_image)? *='
}

# Both clients wait long for a socket that is not there.
images() {
  socket=${cri_socket#unix://}
  [ -S "$socket" ] || { echo "$socket is not there: the container runtime does not run" >&2; return 1; }
  case $socket in
    *containerd*) if command -v ctr >/dev/null; then
      timeout 20 ctr --connect-timeout 2s -a "$socket" -n k8s.io images ls
      return
    fi ;;
  esac
  timeout 20 crictl --runtime-endpoint "$cri_socket" images -o json
}
