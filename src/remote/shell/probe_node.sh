# shellcheck shell=sh
node() {
  version kubeadm version -o short </dev/null |
    also version kubelet --version |
    also version kubectl version --client -o json |
    also section images images |
    also section sandbox sandbox |
    also section needed_images patiently kubeadm config images list \
      --kubernetes-version "$version" --image-repository "$repository"
}

# version PROGRAM ARGUMENT...: a program that is not there is left out, one that cannot tell is not.
version() {
  ! command -v "$1" >/dev/null || section "$1" patiently "$@"
}
