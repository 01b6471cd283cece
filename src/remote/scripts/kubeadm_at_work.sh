# shellcheck shell=sh
# kubeadm_at_work: the process ids of kubeadms that initialise, join or reset this host, a line each. Without pgrep, which a host
# need not have. One in a container works on no host.
kubeadm_at_work() {
  host_processes=$(readlink /proc/self/ns/pid) || host_processes=
  for comm in /proc/[0-9]*/comm; do
    { read -r name <"$comm"; } 2>/dev/null || continue
    [ "$name" = kubeadm ] || continue
    pid=${comm#/proc/}
    pid=${pid%/comm}
    # Whose processes cannot be told may be the host's.
    own_processes=$(readlink "/proc/$pid/ns/pid") || own_processes=$host_processes
    [ "$own_processes" = "$host_processes" ] || continue
    case " $(tr '\0' ' ' <"/proc/$pid/cmdline") " in
      *' init '* | *' join '* | *' reset '*) echo "$pid" ;;
    esac
  done 2>/dev/null
}
