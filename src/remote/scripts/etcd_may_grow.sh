# etcd_may_grow.sh CRI_SOCKET MEMBERS: whether so many members are listed, each with a vote, started and healthy.
cri_socket=$1
listed=$(etcd_ctl member list 2>&1) || { printf '%s\n' "$listed" | tail -n 1 | cut -c -300; exit 1; }
learner=$(printf '%s\n' "$listed" | awk -F ', ' '$6 == "true" { print $1, $3, $4 }')
[ -z "$learner" ] || { echo "a member learns and has no vote yet: $learner"; exit 1; }
started=$(printf '%s\n' "$listed" | awk -F ', ' '$2 == "started"' | wc -l)
[ "$started" -eq "$2" ] || { echo "$started members have started, and the sum was made with $2"; exit 1; }
said=$(etcd_ctl endpoint health --cluster 2>&1) || { printf '%s\n' "$said" | grep 'is unhealthy' | tail -n 1 | cut -c -300; exit 1; }
