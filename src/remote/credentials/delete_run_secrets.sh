# needs: apart kubectl
# args: label
# stdin: the id of the run's token. Deletes the token and the Secrets that have hawser's label: of a run those of
# earlier runs too, which could not; of others those of this one alone. What somebody else has uploaded meanwhile has no
# label. Where no API server answers, it says so and ends.
[ -f /etc/kubernetes/admin.conf ] || exit 0
read -r id || :
selector=$label
[ "$selector" = hawser/run ] || selector=$selector=$id
apart k get --raw /version --request-timeout=5s || {
  last_words
  echo 'the API does not answer: what was made of the token and the certificates expires by itself, within two hours'
  exit 1
}
k_ends 40
# The certificates have a token of their own, which only says when they expire.
apart k -n kube-system get secret -l "$selector" -o 'jsonpath={range .items[*]}{.metadata.name} {.metadata.ownerReferences[0].name} {end}' || { last_words; exit 1; }
# shellcheck disable=SC2086 # names with spaces between
set -- $answer
for name; do
  shift
  [ "$name" = "bootstrap-token-$id" ] || set -- "$@" "$name"
done
k -n kube-system delete secret --ignore-not-found "bootstrap-token-$id" "$@" </dev/null
