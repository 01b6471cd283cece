# haproxy_server_is.sh SERVER well|in     (CSV columns of `show stat`: 2 server, 18 status, 37 check_status)
said=$(haproxy_runtime 'show stat') || { echo "HAProxy's runtime socket does not answer: $said"; exit 1; }
row=$(printf '%s\n' "$said" | awk -F, -v s="$1" '$1 == "control_planes" && $2 == s {print $18 " " $37}')
[ -n "$row" ] || { echo "HAProxy knows no server $1"; exit 1; }
case $2:$row in
well:*' L7OK') ;;
in:UP* | in:'no check'*) ;;
*) echo "HAProxy sees $1 as $row"; exit 1 ;;
esac
