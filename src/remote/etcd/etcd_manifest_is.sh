# etcd_manifest_is.sh NAME DATA INITIAL_CLUSTER: whether the static pod is there, and is this member's.
manifest=/etc/kubernetes/manifests/etcd.yaml
[ -f "$manifest" ] || { echo "$manifest is not there"; exit 1; }
for flag in "--name=$1" "--data-dir=$2" "--initial-cluster=$3"; do
  grep -qF -e "$flag" "$manifest" || { echo "$manifest has no $flag"; exit 1; }
done
