# vip_answers.sh VIP: held here, or some other host answers for it.
ip -o addr show | grep -qw "inet6\? $1/[0-9]*" && exit 0
ping -c 1 -W 1 "$1" >/dev/null 2>&1 || { echo "no host holds $1 yet"; exit 1; }
