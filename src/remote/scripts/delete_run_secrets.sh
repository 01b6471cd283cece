# delete_run_secrets.sh [CERTIFICATES]   (stdin: the id of the run's token)   Deletes the token, the Secret of the uploaded
# certificates, where there is one, and the token that owns it.
[ -f /etc/kubernetes/admin.conf ] || exit 0
read -r id || :
owner=
[ $# -eq 0 ] || owner=$(k -n kube-system get secret "$1" --ignore-not-found -o 'jsonpath={.metadata.ownerReferences[0].name}')
k -n kube-system delete secret --ignore-not-found "bootstrap-token-$id" "$@" ${owner:+"$owner"}
