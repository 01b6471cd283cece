# needs: haproxy_socket
# args: server wanted
# (CSV columns of `show stat`: 2 server, 18 status, 37 check_status)
said=$(haproxy_runtime 'show stat') || { echo "HAProxy's runtime socket does not answer: $said"; exit 1; }
row=$(printf '%s\n' "$said" | awk -F, -v s="$server" '$1 == "control_planes" && $2 == s {print $18 " " $37}')
[ -n "$row" ] || { echo "HAProxy knows no server $server"; exit 1; }
case $wanted:$row in
well:*' L7OK') ;;
in:UP* | in:'no check'*) ;;
*) echo "HAProxy sees $server as $row"; exit 1 ;;
esac
