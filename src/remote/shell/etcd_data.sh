# shellcheck shell=sh
# etcd_directories DIRECTORY: where a member of etcd keeps data on this host, a line each: in the given directory, in
# kubeadm's default, and in the one that the host's own manifest names; each once, whatever names and links lead to it.
# A line `unknown` if the manifest names one that cannot be read. The last line is `end`: without it a program failed,
# and more may be there.
etcd_directories() {
  etcd_named=$(etcd_named) || return
  etcd_seen=' '
  while IFS= read -r etcd_directory; do
    case $etcd_directory in
      unknown) echo unknown ;;
      /*)
        { [ -e "$etcd_directory/member" ] || [ -L "$etcd_directory/member" ]; } || continue
        # A link that leads nowhere is no other's.
        etcd_place=$(stat -L -c %d:%i -- "$etcd_directory/member" 2>/dev/null) || etcd_place=$etcd_directory
        case $etcd_seen in *" $etcd_place "*) continue ;; esac
        etcd_seen="$etcd_seen$etcd_place "
        printf '%s\n' "$etcd_directory"
        ;;
    esac
  done <<EOF
$1
/var/lib/etcd
$etcd_named
EOF
  echo end
}

# The directory that etcd's manifest names as kubeadm writes it; `unknown` where it names one in another way, or none.
etcd_named() {
  etcd_manifest=/etc/kubernetes/manifests/etcd.yaml
  { [ -e "$etcd_manifest" ] || [ -L "$etcd_manifest" ]; } || return 0
  etcd_flags=$(sed -n "s/^ *- *[\"']\{0,1\}--data-dir=//p" "$etcd_manifest") || { echo unknown; return; }
  etcd_flags=$(printf %s "$etcd_flags" | tr -d "\"'\r") || return
  case $etcd_flags in
    *[[:space:]]* | *'$'* | *,* | *']'* | *'#'*) echo unknown ;;
    /*) printf '%s\n' "$etcd_flags" ;;
    *) echo unknown ;;
  esac
  etcd_times=$(grep -cE 'data-dir|wal-dir|config-file|ETCD_(DATA_DIR|WAL_DIR|CONFIG_FILE)' "$etcd_manifest") || [ $? -eq 1 ] || return
  [ "$etcd_times" -le 1 ] || echo unknown
}

# etcd_head DIRECTORY: the beginning of the first log that lies there, which names the cluster and the member; nothing
# if there is no log.
etcd_head() {
  for etcd_log in "$1"/member/wal/*.wal; do
    [ ! -f "$etcd_log" ] || { head -c 256 -- "$etcd_log"; return; }
  done
}
