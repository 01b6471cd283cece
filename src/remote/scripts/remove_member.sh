# remove_member.sh ID: the caller has done the quorum's sum.
etcd_client member remove "$1"
