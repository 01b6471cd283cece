# needs: apart kubectl
# args: server wanted
# Whether kubeadm-config holds the ClusterConfiguration with this sum.
sum=$(k --server "$server" -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' | sha256sum)
[ "$sum" = "$wanted  -" ] || { echo 'kubeadm-config holds another ClusterConfiguration'; exit 1; }
