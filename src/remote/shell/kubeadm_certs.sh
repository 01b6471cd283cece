# shellcheck shell=sh
# certificates_of_others: whether the Secret kubeadm-certs may not be replaced: $others says why, and is empty where it
# may. One that hawser made is sealed with a key that no run has any more, and one whose owner has expired is good for
# nothing. Any other is somebody else's, whose join may be under way. Fails where that is not told; $words say why.  
# (after apart.sh, kubectl.sh)
certificates_of_others() {
  others=
  apart k -n kube-system get secret kubeadm-certs --ignore-not-found \
    -o 'jsonpath={.metadata.labels.hawser/run}{.metadata.labels.hawser/invited} {.metadata.ownerReferences[0].name} {.metadata.creationTimestamp}' ||
    return
  [ -n "$answer" ] || return 0
  certs_made=${answer##* }
  certs_by=${answer%% *}
  certs_owner=${answer#* }
  certs_owner=${certs_owner% *}
  [ -z "$certs_by" ] || return 0
  [ -z "$certs_owner" ] || apart k -n kube-system get secret "$certs_owner" --ignore-not-found -o name || return
  [ -z "$answer" ] || others="the Secret kubeadm-certs was uploaded by another user at $certs_made, and a join may need it: wait until it expires (two hours after), or \`kubectl -n kube-system delete secret kubeadm-certs\`"
}
