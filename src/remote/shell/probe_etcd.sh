# shellcheck shell=sh
# Not `etcd`: that is a program.
etcd_of_host() {
  section etcd_host etcd_host </dev/null |
    also etcd_certificates |
    also etcd_node |
    also etcd_program |
    also asked_member
}

etcd_host() {
  date +'now %s'
  for path in /etc/kubernetes/pki/etcd/*.key; do
    ! exists "$path" || printf 'has %s\n' "$path"
  done
  for program in etcd etcdctl; do
    ! path=$(command -v "$program") || printf 'program %s %s\n' "$program" "$path"
  done
  ! etcd_listens || echo listens
  ! getent passwd etcd >/dev/null || echo 'user etcd'
  timeout 20 systemctl show -p FragmentPath etcd
  etcd_wal
}

# The first record of a log that holds anything names the cluster and the member it was written by.
etcd_wal() {
  for path in "$etcd_data"/member/wal/*.wal; do
    ! exists "$path" || { printf 'wal %s\n' "$(head -c 256 -- "$path" | base64 -w0)"; return; }
  done
}

# What a kubelet needs to run a member: the images only as long as none has run.
etcd_node() {
  [ -n "$version" ] || return 0
  if exists "$etcd_data/member"; then
    version kubeadm version -o short </dev/null | also version kubelet --version
  else
    node
  fi
}

etcd_certificates() {
  for name in ca server peer healthcheck-client; do
    path=/etc/kubernetes/pki/etcd/$name.crt
    ! exists "$path" || section etcd_certificate etcd_certificate "$name" "$path"
  done
}

etcd_certificate() {
  printf '%s\n' "$1"
  cat -- "$2"
}

etcd_program() {
  ! command -v etcd >/dev/null || { section etcd timeout 20 etcd --version; section etcd_flags etcd_flags; }
}

# The names of the flags that it takes, each on a line.
etcd_flags() {
  apart timeout 20 etcd --help || { printf '%s\n' "$words" >&2; return 1; }
  printf '%s\n' "$answer" | sed -n 's/^ *--\([a-z0-9][a-z0-9-]*\).*/\1/p' | sort -u
}

# A member that does not answer is known by what lies on its disk.
asked_member() {
  if exists "$etcd_data/member"; then
    section etcd_members etcd_ctl member list -w json |
      also section etcd_health etcd_healths |
      also section etcd_status etcd_ctl endpoint status -w json |
      also section etcd_registry etcd_ctl get '' --prefix --keys-only --limit 2 -w json |
      if [ -n "$version" ]; then also section etcd_names etcd_names | also section etcd_beyond_init etcd_beyond_init; else cat; fi
  fi </dev/null
}

# Members as the database has them, whatever else stands in it: of one that has run, where clients reach it. A database
# that holds little more than its members is read to its end.
etcd_names() {
  db=$etcd_data/member/snap/db
  size=$(stat -c %s -- "$db") || return
  [ "$size" -le "$etcd_read" ] || echo "unread $((size - etcd_read))"
  head -c "$etcd_read" -- "$db" |
    grep -aoE '"peerURLs":\[[^]]*\](,"isLearner":true)?,"name":"[^"]*"(,"clientURLs":\[[^]]*\])?' | sort -u | head -n 60
}
etcd_read=67108864
