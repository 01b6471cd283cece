# etcd_has_one_leader.sh CRI_SOCKET MEMBERS: whether so many members are healthy and follow one leader.
cri_socket=$1
said=$(etcd_ctl endpoint health --cluster 2>&1) || { printf '%s\n' "$said" | grep -v 'is healthy' | tail -n 1 | cut -c -300; exit 1; }
leaders=$(etcd_ctl endpoint status --cluster -w json | grep -o '"leader":[0-9]*')
members=$(printf '%s\n' "$leaders" | grep -c leader || :)
[ "$members" -ge "$2" ] || { echo "$members of $2 members have a leader"; exit 1; }
[ "$(printf '%s\n' "$leaders" | sort -u | wc -l)" -eq 1 ] || { echo 'the members follow different leaders'; exit 1; }
