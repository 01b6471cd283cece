# args: vip
# Held here, or some other host answers for it.
ip -o addr show | grep -qw "inet6\? $vip/[0-9]*" && exit 0
ping -c 1 -W 1 "$vip" >/dev/null 2>&1 || { echo "no host holds $vip yet"; exit 1; }
