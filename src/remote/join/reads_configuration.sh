# needs: apart
# args: path
# Whether this host's kubeadm knows every field of `path`; init and join only warn of one that they do not know. Where
# kubeadm has no `config validate` (before 1.28), `config migrate` reads a file as init and join do, and warns as they
# do, on standard error. What it would write goes nowhere.
if kubeadm config --help </dev/null | grep -q '^ *validate '; then
  set -- kubeadm config validate --config "$path"
else
  set -- kubeadm config migrate --old-config "$path" --new-config /dev/null
fi
status=0
apart "$@" || status=$?
complaints=$(printf '%s\n' "$words" | grep -iE 'unknown (field|configuration)|error unmarshaling|strict decoding|ignored (configuration|YAML) document') || :
[ "$status" -ne 0 ] || [ -n "$complaints" ] || exit 0
# The log's own head of a line tells nothing here; the last line is the one that is read.
printf '%s\n' "${complaints:-$words}" | sed -E 's/^[IWE][0-9]{4} [^]]*\] //' | grep -v '^$' | tail -n 4 | paste -s -d ';'
exit 1
