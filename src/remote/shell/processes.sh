# shellcheck shell=sh
# processes NAME: the process ids of the programs of this name, a pattern, a line each. Without pgrep, which a host need
# not have.
processes() {
  for process in /proc/[0-9]*/comm; do
    { read -r process_name <"$process"; } 2>/dev/null || continue
    # shellcheck disable=SC2254 # a pattern
    case $process_name in $1) ;; *) continue ;; esac
    process=${process#/proc/}
    printf '%s\n' "${process%/comm}"
  done
}
