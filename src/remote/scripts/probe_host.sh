# shellcheck shell=sh disable=SC2154 # the arguments are named in probe.sh
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
    /etc/kubernetes/admin.conf /var/lib/kubelet/config.yaml /var/lib/kubelet/instance-config.yaml /run/hawser; do
    ! exists "$path" || printf 'has %s\n' "$path"
  done
  ! exists /etc/kubernetes/kubelet.conf || has_identity /etc/kubernetes/kubelet.conf || echo 'lacks client-certificate'
  ! exists "$etcd_data/member" || echo "has etcd-data"
  for path in /etc/kubernetes/manifests/*; do
    ! exists "$path" || printf 'manifest %s\n' "${path##*/}"
  done
  # The probe's own kubeadm processes neither init, join nor reset.
  kubeadm_at_work | sed 's/^/running /'
}

files() {
  for path in "$@"; do
    ! exists "$path" || section file file "$path"
  done
}

file() {
  printf '%s\n' "$1"
  stat -L -c '%a %U:%G' -- "$1" && head -c 262144 -- "$1"
}
