# etcd_is_masked.sh
[ "$(systemctl is-enabled etcd.service 2>/dev/null || :)" = masked ] || { echo 'etcd.service is not masked'; exit 1; }
