# Before the distribution's package is there, which starts a member of its own when it is installed
systemctl mask -q etcd.service 2>&1
