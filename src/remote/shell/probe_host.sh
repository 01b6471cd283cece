# shellcheck shell=sh
is() { case ",$roles," in *",$1,"*) ;; *) return 1 ;; esac; }
is_node() { is control-plane || is worker; }
exists() { [ -e "$1" ] || [ -L "$1" ]; }

host() {
  section asked printf '%s\n' "$roles" "$vip"
  section system system
  section addresses timeout 20 ip -o addr show
  section units units
  section kubernetes kubernetes
  ! exists /etc/kubernetes/pki/ca.crt || section ca cat /etc/kubernetes/pki/ca.crt
  ! exists /etc/kubernetes/pki/etcd/ca.crt || section etcd_ca cat /etc/kubernetes/pki/etcd/ca.crt
}

system() {
  PRETTY_NAME=Linux
  # shellcheck source=/dev/null
  [ ! -r /etc/os-release ] || . /etc/os-release
  printf '%s\n' "$PRETTY_NAME"
  uname -nrm
  cat /proc/uptime
}

units() {
  set --
  if is_node || is etcd; then set -- kubelet containerd; fi
  if is etcd; then set -- "$@" etcd; fi
  if is balancer; then set -- "$@" haproxy keepalived; fi
  printf '%s\n' "$*"
  timeout 20 systemctl show -p LoadState,ActiveState,UnitFileState,ActiveEnterTimestampMonotonic "$@"
}

kubernetes() {
  for path in /etc/kubernetes/pki/ca.key /etc/kubernetes/kubelet.conf /etc/kubernetes/bootstrap-kubelet.conf \
    /etc/kubernetes/admin.conf /var/lib/kubelet/config.yaml /var/lib/kubelet/instance-config.yaml \
    /var/lib/kubelet/pki/kubelet-client-current.pem "$run_folder"; do
    ! exists "$path" || printf 'has %s\n' "$path"
  done
  for path in sa.pub sa.key front-proxy-ca.crt front-proxy-ca.key etcd/ca.crt etcd/ca.key; do
    path=/etc/kubernetes/pki/$path
    ! exists "$path" || printf 'shared %s %s\n' "$(sha256sum <"$path" || echo unknown)" "$path"
  done
  ! exists /etc/kubernetes/kubelet.conf || has_identity /etc/kubernetes/kubelet.conf || echo 'lacks client-certificate'
  ! listens 10250 || echo 'has kubelet-port'
  ! exists "$etcd_data/member" || echo "has etcd-data"
  { etcd_directories "$etcd_data" || echo unknown; } | while IFS= read -r path; do
    case $path in
      end) ;;
      unknown) echo 'etcd-data  unknown' ;;
      *) printf 'etcd-data %s %s\n' "$(etcd_head "$path" | base64 -w0)" "$path" ;;
    esac
  done
  etcd_unmounted "$etcd_data" | sed 's/^/unmounted /'
  # An init writes a certificate into the file, and has the file name another one in its last phases.
  ! grep -qsE '^[ -]*client-certificate:' /etc/kubernetes/kubelet.conf || echo 'has kubelet-rotation'
  for path in /etc/kubernetes/manifests/*; do
    ! exists "$path" || printf 'manifest %s\n' "${path##*/}"
  done
  # The probe's own kubeadm processes neither init, join nor reset.
  kubeadm_at_work | sed 's/^/running /'
}

files() {
  for path in "$@"; do
    if exists "$path" && ! is_masked "$path"; then section file file "$path"; fi
  done
}

# A unit that is masked leads to /dev/null.
is_masked() { [ -L "$1" ] && [ "$(readlink -f -- "$1")" = /dev/null ]; }

# file PATH: the path; mode, owner, size, SHA-256 and whether it is as its package brought it; then the content, of one
# that is not too large to be sent. Its reader sees by the SHA-256 whether that is all of it, and one state of it.
file() {
  printf '%s\n' "$1"
  [ -f "$1" ] || { echo "$1 is there, and is no file" >&2; return 1; }
  default=no
  case $1 in
    # Those of which a package brings one that may be replaced.
    /etc/haproxy/* | /etc/keepalived/* | /etc/containerd/config.toml) ! is_package_default "$1" || default=yes ;;
  esac
  tries=0
  # Another run may be writing it right now.
  while :; do
    sum=$(sha256sum <"$1") || return
    told=$(stat -L -c '%a %U:%G %s' -- "$1") || return
    content=
    [ "${told##* }" -gt "$largest_file" ] || content=$(base64 -w0 -- "$1") || return
    tries=$((tries + 1))
    if [ "$tries" -eq 3 ] || [ -z "$content" ]; then break; fi
    [ "$(printf %s "$content" | base64 -d | sha256sum)" != "$sum" ] || break
  done
  printf '%s\n' "$told ${sum%% *} $default"
  printf %s "$content" | base64 -d
}
largest_file=1048576
