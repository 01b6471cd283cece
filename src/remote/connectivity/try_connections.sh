# needs: answers apart dial
# args: connections…
# In groups of six, all tried at the same time.
# Lines that begin with a way's number: `resolved ADDRESS…` for a name; `tried STATUS WORDS`, in which `open` stands for
# a connection and `closed` for its end, 124 says that nobody answered, and all else are the system's words; `tls LINE`.
# Each line is one short write, so that those of different ways never mix.
set +e

# An address whose host does not answer for it is found out after 3 s; a lost packet is sent again after 1 s and after 3
# s.
patience=5
# HAProxy tries a server that refuses for 3 s before it closes what it has accepted.
handshake=6

bash_try='exec 3<>"/dev/tcp/$1/$2" || exit 1
echo open
[ "$3" -gt 0 ] || exit 0
IFS= read -r -n 1 -t "$3" <&3 2>/dev/null
[ $? -ne 1 ] || echo closed'

# connect ADDRESS PORT SECONDS: stays for so long, to see whether the connection is kept.
connect() {
  command -v bash >/dev/null || { echo 'bash is not here to test with' >&2; return 127; }
  bare_bash $((patience + $3)) "$bash_try" "$@"
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
    apart timeout "$handshake" openssl s_client -connect "$1:$2"
  else
    apart timeout "$handshake" python3 -c "$python_tls" "$1" "$2"
  fi
  printf '%s\n' "$answer" | sed -n '/^-----BEGIN CERT/,/^-----END CERT/p; /error:/p'
  printf '%s\n' "$words" | sed -n '/errno=/p; /error:/p'
}

# A server or a host that is busy may have said nothing in time.
tls_or_again() {
  lines=$(tls "$@")
  [ -n "$lines" ] || lines=$(tls "$@")
  [ -z "$lines" ] || printf '%s\n' "$lines"
}

# A host with much to do may have let the time pass before it began: whoever does not answer is asked again.
try() {
  apart connect "$@"
  status=$?
  case $status:$answer in
    124:*open*) status=0 ;;
    124:*) apart connect "$@"; status=$? ;;
  esac
  # What a shell warns of is no part of what became of the connection.
  if [ "$status" -eq 0 ]; then said=$answer; else said=${words:-$answer}; fi
  [ "$status" -ne 124 ] || ! nobody_has "$1" || { status=1 said='No route to host'; }
}

# The system does not tell every connection that nobody has the address, where many wait for it.
nobody_has() {
  ip neigh show to "$1" 2>/dev/null | grep -qE 'FAILED|INCOMPLETE'
}

# Words are split and put on one line.
tell() {
  set -f
  # shellcheck disable=SC2086
  set -- "$1" $said
  number=$1
  shift
  printf '%s tried %s %s\n' "$number" "$status" "$*"
}

resolve() {
  found=$(timeout "$patience" getent ahosts "$1") || found=$(timeout "$patience" getent ahosts "$1")
  printf '%s\n' "$found" | awk '{ print $1 }' | sort -u | tr '\n' ' '
}

way() {
  if [ "$2" = name ]; then
    resolved=$(resolve "$3")
    printf '%s resolved %s\n' "$1" "$resolved"
    [ -n "${resolved% }" ] || { printf '%s tried 2 %s: Name or service not known\n' "$1" "$3"; return; }
  fi
  round=1
  while [ "$round" -lt "$6" ]; do
    try "$3" "$4" 0
    [ "$status" -eq 0 ] || { tell "$1"; return; }
    round=$((round + 1))
  done
  hold=1
  [ "$5" = connect ] || asks_tls || hold=4
  try "$3" "$4" "$hold"
  tell "$1"
  [ "$5:$status:$said" = tls:0:open ] && asks_tls || return
  tls_or_again "$3" "$4" | while IFS= read -r line; do printf '%s tls %s\n' "$1" "$line"; done
  printf '%s tls\n' "$1"
}

ways() {
  while [ $# -ge 6 ]; do
    way "$1" "$2" "$3" "$4" "$5" "$6" &
    shift 6
  done
  wait
}

section ways ways "$@"
section end true
