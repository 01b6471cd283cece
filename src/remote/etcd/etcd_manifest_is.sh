# args: name data_directory initial_cluster
# Whether the static pod is there, and is this member's.
manifest=/etc/kubernetes/manifests/etcd.yaml
[ -f "$manifest" ] || { echo "$manifest is not there"; exit 1; }
for flag in "--name=$name" "--data-dir=$data_directory" "--initial-cluster=$initial_cluster"; do
  grep -qF -e "$flag" "$manifest" || { echo "$manifest has no $flag"; exit 1; }
done
