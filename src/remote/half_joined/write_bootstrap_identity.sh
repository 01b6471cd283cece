# args: default_server
# stdin: the run's bootstrap token.
# With it a kubelet asks for its certificate. It goes on asking the server that kubeadm chose for it, which may be its
# own host's; `default_server` only where no file names one any more.
folder=/etc/kubernetes
read -r token
server=
for file in bootstrap-kubelet.conf kubelet.conf; do
  [ -n "$server" ] || server=$(sed -n 's/^ *server: *//p' "$folder/$file" 2>/dev/null | head -n 1 | tr -d "\"'")
done
case $server in https://*) ;; *) server=$default_server ;; esac
authority=$(base64 -w0 "$folder/pki/ca.crt")
new=$(mktemp -- "$folder/.bootstrap-kubelet.conf.XXXXXX")
trap 'rm -f -- "$new"' EXIT
# The shell prints it itself: the token is in no process's arguments.
printf '%s\n' 'apiVersion: v1' 'kind: Config' 'clusters:' '- name: kubernetes' '  cluster:' \
  "    certificate-authority-data: $authority" "    server: $server" \
  'users:' '- name: tls-bootstrap-token-user' '  user:' "    token: $token" \
  'contexts:' '- name: tls-bootstrap-token-user@kubernetes' '  context:' '    cluster: kubernetes' \
  '    user: tls-bootstrap-token-user' 'current-context: tls-bootstrap-token-user@kubernetes' >"$new"
chmod 600 "$new"
sync -- "$new"
mv -fT -- "$new" "$folder/bootstrap-kubelet.conf"
trap - EXIT
