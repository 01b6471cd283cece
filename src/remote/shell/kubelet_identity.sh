# shellcheck shell=sh
# has_identity KUBECONFIG: whether the certificate is there that it names. A kubelet writes its kubeconfig first and
# asks for the certificate then. What names none, holds one itself, or proves who it is in another way, is one.
has_identity() {
  [ -s "$1" ] || return 1
  ! grep -qE '^[ -]*(client-certificate-data|token|tokenFile|exec|auth-provider):' "$1" || return 0
  named=$(sed -n 's/^[ -]*client-certificate: *//p' "$1" | tr -d "\"'\r")
  [ -n "$named" ] || return 0
  for path in $named; do
    case $path in /*) ;; *) path=${1%/*}/$path ;; esac
    [ -s "$path" ] || continue
    # After a power cut a file may have its size and nothing in it. What cannot be read is not taken for such a one.
    grep -q -e '-BEGIN CERTIFICATE-' "$path" || [ $? -ne 1 ] || continue
    return 0
  done
  return 1
}
