# shellcheck shell=sh
balancer() {
  version haproxy -v </dev/null |
    also version_on_stderr |
    also running_haproxy |
    also vip
}

version_on_stderr() {
  ! command -v keepalived >/dev/null || section keepalived keepalived_version
}

# It tells its version on standard error, in the first line.
keepalived_version() {
  apart timeout 20 keepalived --version || { printf '%s\n' "$words" >&2; return 1; }
  printf '%s\n' "$words" "$answer" | grep '^Keepalived v'
}

running_haproxy() {
  [ -S "$haproxy_socket" ] || return
  section haproxy_info haproxy_runtime 'show info'
  section haproxy_stat haproxy_runtime 'show stat'
}

# Whoever answers for the VIP while this host does not carry it: another balancer, or a stranger.
vip() {
  [ -n "$vip" ] && [ -z "$(ip -o addr show to "$vip")" ] && ! systemctl is-active -q keepalived || return
  section vip_answers vip_answers
}

vip_answers() {
  if timeout 3 ping -c1 -W1 "$vip" >/dev/null; then echo true; return; fi
  command -v ping >/dev/null || return 127
  # Linux doubts an old entry for 5 s before it asks again three times, a second apart.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    neighbour=$(ip neigh show to "$vip") || return
    case $neighbour in
      *REACHABLE* | *PERMANENT* | *NOARP*) echo true; return ;;
      *STALE* | *DELAY* | *PROBE*) sleep 1 ;;
      *) echo false; return ;;
    esac
  done
  echo "whether $vip answers is still open: $neighbour" >&2
  return 1
}
