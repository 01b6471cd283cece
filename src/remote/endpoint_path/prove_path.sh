# needs: apart dial
# args: paths…
# In groups of four ("-" where no address is expected). Open, closed at once and refused all prove a path; silence, no
# route and an unknown name do not.
command -v bash >/dev/null || { echo 'bash is not here to test with'; exit 1; }
prove() {
  what=$1 host=$2 port=$3 expected=$4
  if [ "$expected" != - ]; then
    found=$(getent ahosts "$host" | awk '{print $1}' | sort -u | tr '\n' ' ')
    [ -n "$found" ] || { echo "$what: the name $host does not resolve here"; return 1; }
    case " $found" in *" $expected "*) ;; *) echo "$what: the name $host resolves to ${found% }, not to $expected"; return 1 ;; esac
  fi
  dial 3 "$host" "$port" && return 0
  status=$? said=$words
  [ "$status" -ne 124 ] || { echo "$what: $host:$port timed out: a firewall, or a wrong address"; return 1; }
  case $said in
  *refused*) return 0 ;;
  *'No route'*) echo "$what: no route to $host:$port" ;;
  *unreachable*) echo "$what: the network of $host:$port is unreachable" ;;
  *resol* | *'not known'* | *'service'*) echo "$what: the name $host does not resolve here" ;;
  *) echo "$what: $host:$port: $said" ;;
  esac
  return 1
}
status=0 running=
while [ $# -ge 4 ]; do
  prove "$1" "$2" "$3" "$4" & running="$running $!"
  shift 4
done
for one in $running; do wait "$one" || status=1; done
exit "$status"
