# kubeadm_config_is.sh SERVER SHA256: whether kubeadm-config holds the ClusterConfiguration with this sum.
sum=$(k --server "$1" -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' | sha256sum)
[ "$sum" = "$2  -" ] || { echo 'kubeadm-config holds another ClusterConfiguration'; exit 1; }
