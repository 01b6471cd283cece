# promote_etcd_member.sh CRI_SOCKET PEER_URL: gives a learner its vote.
cri_socket=$1
id=$(etcd_ctl member list | awk -F ', ' -v url="$2" '$4 == url { print $1 }')
[ -n "$id" ] || { echo "no member is listed at $2" >&2; exit 1; }
said=$(etcd_ctl member promote "$id" 2>&1) || { printf '%s\n' "$said" | tail -n 1 | cut -c -300 >&2; exit 1; }
printf '%s\n' "$said"
