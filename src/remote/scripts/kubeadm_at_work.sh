# kubeadm_at_work: the process id of a kubeadm that initialises, joins or resets this host, where one is at it.
kubeadm_at_work() {
  for comm in /proc/[0-9]*/comm; do
    { read -r name <"$comm"; } 2>/dev/null || continue
    [ "$name" = kubeadm ] || continue
    pid=${comm#/proc/}
    pid=${pid%/comm}
    case " $(tr '\0' ' ' <"/proc/$pid/cmdline") " in
      *' init '* | *' join '* | *' reset '*) echo "$pid"; return ;;
    esac
  done 2>/dev/null
}
