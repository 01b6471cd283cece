# needs: apart dial json etcdctl etcd_members
# args: cri_socket
# Whether this host's own member answers a read that needs the quorum.
apart etcd_ctl endpoint health -w json || {
  why=$(printf '%s\n' "$answer" | json_lines | awk -F '\t' '$1 == "0.error" { print $2 }')
  [ -n "$why" ] || why=$(last_words)
  printf '%s\n' "$why" | cut -c -300
  exit 1
}
