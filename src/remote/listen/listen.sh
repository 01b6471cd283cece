# args: address seconds ports…
# Listens at each port that is free, for so long at most; a line for each: `listening PORT`. Connections are taken and
# kept, and nothing is said on them. The process is this one, so that it can be ended by its number.
python_listen='import select, signal, socket, sys
address, seconds, ports = sys.argv[2], int(sys.argv[3]), sys.argv[4:]
signal.signal(signal.SIGALRM, lambda *_: sys.exit(0))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
signal.alarm(seconds)
kept, listeners = [], []
for port in ports:
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind((address, int(port)))
        s.listen(64)
    except OSError as why:
        print("taken", port, why, flush=True)
        continue
    listeners.append(s)
    print("listening", port, flush=True)
while listeners:
    for s in select.select(listeners, [], [])[0]:
        kept.append(s.accept())'

perl_listen='use Socket qw(:all);
$| = 1;
my (undef, $address, $seconds, @ports) = @ARGV;
$SIG{ALRM} = $SIG{TERM} = sub { exit 0 };
alarm $seconds;
my (@kept, %listeners);
my $bits = "";
for my $port (@ports) {
  my ($why, $at) = getaddrinfo($address, $port, { flags => AI_NUMERICHOST, socktype => SOCK_STREAM });
  die "$address: $why\n" if $why;
  my $s;
  unless (socket($s, $at->{family}, SOCK_STREAM, 0) && setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1)
      && bind($s, $at->{addr}) && listen($s, 64)) {
    print "taken $port $!\n";
    next;
  }
  $listeners{fileno $s} = $s;
  vec($bits, fileno $s, 1) = 1;
  print "listening $port\n";
}
while (%listeners) {
  select(my $ready = $bits, undef, undef, undef);
  for my $number (keys %listeners) {
    next unless vec($ready, $number, 1);
    my $connection;
    push @kept, $connection if accept($connection, $listeners{$number});
  }
}'

if command -v python3 >/dev/null; then
  exec python3 -c "$python_listen" hawser-listens "$address" "$seconds" "$@"
elif command -v perl >/dev/null; then
  exec perl -e "$perl_listen" hawser-listens "$address" "$seconds" "$@"
fi
echo 'neither python3 nor perl is here to listen with' >&2
exit 127
