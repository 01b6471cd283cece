# shellcheck shell=sh
# try_ways.sh NUMBER name|address ADDRESS PORT tls|connect CONNECTIONS …   in groups of six, all tried at the same time.
# Each answers with its number, what a name resolved to, `open` once a connection stands, `closed` if it is ended at once,
# and after `tls` what a TLS client says of who is there. Status 124: nobody answered. Errors are in the system's words.
set +e

# An address whose host does not answer for it is found out after 3 s; a lost packet is sent again after 1 s and after 3 s.
patience=5
# HAProxy tries a server that refuses for 3 s before it closes what it has accepted.
handshake=6

bash_try='exec 3<>"/dev/tcp/$1/$2" || exit 1
echo open
[ "$3" -gt 0 ] || exit 0
IFS= read -r -n 1 -t "$3" <&3 2>/dev/null
[ $? -ne 1 ] || echo closed'

perl_try='use Socket qw(getaddrinfo SOCK_STREAM);
$| = 1;
my ($host, $port, $hold) = @ARGV;
my ($why, @found) = getaddrinfo($host, $port, { socktype => SOCK_STREAM });
die "$why\n" if $why;
for (@found) {
  socket(my $s, $_->{family}, SOCK_STREAM, 0) or do { $why = $!; next };
  connect($s, $_->{addr}) or do { $why = $!; next };
  print "open\n";
  vec(my $ready = "", fileno($s), 1) = 1;
  print "closed\n" if $hold && select($ready, undef, undef, $hold) && !sysread($s, my $byte, 1);
  exit 0;
}
die "$why\n";'

python_try='import socket, sys
host, port, hold = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
try:
    s = socket.create_connection((host, port))
except OSError as why:
    sys.exit(str(why))
print("open", flush=True)
if hold:
    s.settimeout(hold)
    try:
        if not s.recv(1): print("closed")
    except socket.timeout:
        pass
    except OSError:
        print("closed")'

# connect ADDRESS PORT SECONDS: stays for so long, to see whether the connection is kept.
connect() {
  if command -v bash >/dev/null; then
    timeout $((patience + $3)) bash -c "$bash_try" bash "$@"
  elif command -v perl >/dev/null; then
    timeout $((patience + $3)) perl -e "$perl_try" "$@"
  elif command -v python3 >/dev/null; then
    timeout $((patience + $3)) python3 -c "$python_try" "$@"
  elif command -v nc >/dev/null; then
    timeout $((patience + 1)) nc -v -z -w "$patience" "$1" "$2" || return
    echo open
    [ "$3" -gt 0 ] || return 0
    sleep "$3" | timeout "$3" nc "$1" "$2" >/dev/null 2>&1
    [ $? -eq 124 ] || echo closed
  else
    echo 'none of bash, perl, python3 and nc is here to test with' >&2
    return 127
  fi
}

python_tls='import socket, ssl, sys
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
try:
    s = context.wrap_socket(socket.create_connection((sys.argv[1], int(sys.argv[2]))))
    print(ssl.DER_cert_to_PEM_cert(s.getpeercert(True)))
except OSError as why:
    print("error:", why)'

asks_tls() { command -v openssl || command -v python3; } >/dev/null

# tls ADDRESS PORT: the certificate, or what went wrong.
tls() {
  if command -v openssl >/dev/null; then
    case $1 in *:*) set -- "[$1]" "$2" ;; esac
    timeout "$handshake" openssl s_client -connect "$1:$2" </dev/null 2>&1
  else
    timeout "$handshake" python3 -c "$python_tls" "$1" "$2" 2>&1
  fi | sed -n '/^-----BEGIN CERT/,/^-----END CERT/p; /errno=/p; /error:/p'
}

way() {
  printf '%s\n' "$1"
  if [ "$2" = name ]; then
    resolved=$(timeout "$patience" getent ahosts "$3" | awk '{ print $1 }' | sort -u | tr '\n' ' ')
    printf 'resolved %s\n' "$resolved"
    [ -n "$resolved" ] || { echo "$3: Name or service not known" >&2; return 2; }
  fi
  round=1
  while [ "$round" -lt "$6" ]; do
    connect "$3" "$4" 0 >/dev/null || return
    round=$((round + 1))
  done
  hold=1
  [ "$5" = connect ] || asks_tls || hold=4
  connect "$3" "$4" "$hold" || return
  [ "$5" = connect ] || ! asks_tls || { echo tls; tls "$3" "$4"; }
}

ways() {
  [ $# -gt 0 ] || return 0
  number=$1 kind=$2 address=$3 port=$4 ask=$5 connections=$6
  shift 6
  ways "$@" | also section way way "$number" "$kind" "$address" "$port" "$ask" "$connections"
}

ways "$@"
section end true
