# needs: apart kubectl
# args: seconds
# stdin: the id of the run's token. Whether the token lasts so long from now on.
read -r id || :
apart k -n kube-system get secret "bootstrap-token-$id" --ignore-not-found -o 'jsonpath={.metadata.name} {.data.expiration}' || { last_words; exit 2; }
[ -n "$answer" ] || { echo 'the token is not there any more'; exit 1; }
if ! expires=$(printf %s "${answer#* }" | base64 -d) || ! expires_s=$(date -d "$expires" +%s); then
  echo 'when it expires is not understood'
  exit 2
fi
left=$((expires_s - $(date +%s)))
[ "$left" -ge "$seconds" ] || { echo "$left s are left of the token's life"; exit 1; }
