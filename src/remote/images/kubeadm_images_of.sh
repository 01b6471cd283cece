# kubeadm_images_of.sh VERSION REPOSITORY
exec kubeadm config images list --kubernetes-version "$1" --image-repository "$2"
