[ "$(systemctl is-enabled etcd.service 2>/dev/null || :)" = masked ] || { echo 'etcd.service is not masked'; exit 1; }
