# etcd_is_well.sh CRI_SOCKET: whether this host's own member answers a read that needs the quorum.
cri_socket=$1
said=$(etcd_ctl endpoint health 2>&1) || { printf '%s\n' "$said" | tail -n 1 | cut -c -300; exit 1; }
