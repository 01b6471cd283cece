# shellcheck shell=sh
# haproxy_runtime COMMAND: asks the running HAProxy over its runtime socket, by whichever program the host has.
haproxy_socket=/run/haproxy/admin.sock
haproxy_runtime() {
  if command -v socat >/dev/null; then
    printf '%s\n' "$1" | timeout 20 socat -t 5 - "UNIX-CONNECT:$haproxy_socket"
  elif command -v python3 >/dev/null; then
    timeout 20 python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode() + b"\n")
while True:
    part = s.recv(65536)
    if not part:
        break
    sys.stdout.buffer.write(part)' "$haproxy_socket" "$1"
  elif command -v perl >/dev/null; then
    # shellcheck disable=SC2016
    timeout 20 perl -MSocket -e '
socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!\n";
connect($s, pack_sockaddr_un($ARGV[0])) or die "$ARGV[0]: $!\n";
syswrite($s, "$ARGV[1]\n");
while (sysread($s, my $part, 65536)) { print $part }' "$haproxy_socket" "$1"
  else
    echo "none of socat, python3 and perl is here to speak with $haproxy_socket" >&2
    return 127
  fi
}
