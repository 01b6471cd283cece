# shellcheck shell=sh
# kubeadm_at_work: the process ids of kubeadms that initialise, join, upgrade or reset this host, a line each. Without
# pgrep, which a host need not have. One in a container works on no host, unless it has the host's own files for its
# root.
kubeadm_at_work() {
  host_processes=$(readlink /proc/self/ns/pid) || host_processes=
  host_root=$(stat -L -c %d:%i /) || host_root=
  for pid in $(processes 'kubeadm*'); do
    # Whose processes cannot be told may be the host's.
    own_processes=$(readlink "/proc/$pid/ns/pid") || own_processes=$host_processes
    [ "$own_processes" = "$host_processes" ] || {
      own_root=$(stat -L -c %d:%i "/proc/$pid/root/") || own_root=$host_root
      [ "$own_root" = "$host_root" ] || continue
    }
    case " $(tr '\0' ' ' <"/proc/$pid/cmdline") " in
      *' init '* | *' join '* | *' reset '* | *' upgrade '*) echo "$pid" ;;
    esac
  done 2>/dev/null
}
