# delete_run_secrets.sh [CERTIFICATES]   (stdin: the id of the run's token)   Deletes the token, the Secret of the uploaded
# certificates, where there is one, and the token that owns it. Where no API server answers, it says so and ends.
[ -f /etc/kubernetes/admin.conf ] || exit 0
read -r id || :
apart k get --raw /version --request-timeout=5s || {
  last_words
  echo 'the API does not answer: what was made of the token and the certificates expires by itself, within two hours'
  exit 1
}
k_ends 40
owner=
[ $# -eq 0 ] || owner=$(k -n kube-system get secret "$1" --ignore-not-found -o 'jsonpath={.metadata.ownerReferences[0].name}')
k -n kube-system delete secret --ignore-not-found "bootstrap-token-$id" "$@" ${owner:+"$owner"}
