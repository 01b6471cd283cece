# args: version repository
exec kubeadm config images list --kubernetes-version "$version" --image-repository "$repository"
