# needs: run_folder apart kubectl kubeadm_certs
# args: server phases…
# stdin: the id of the run's token. Phases of kubeadm init that only ask the API, or the kubelet to start again: they
# overwrite no manifest. Each phase is given so long; kubeadm itself would wait for minutes, and go on when nobody waits
# for it.
read -r id || :
k_ends 700
require_ready "$server"
# Of 1.29 and newer the administrator has no rights before the first phase that gives them: then nothing is there yet.
# Every other error tells nothing, and a phase that is done all the same writes over what is there.
or_no_rights_yet() {
  case $words in *'(Forbidden)'*) ;; *) echo "$1: $(last_words)" >&2; exit 1 ;; esac
  answer=
}
apart k --server "$server" get nodes -o name || or_no_rights_yet "asked for the nodes"
[ "$(printf '%s\n' "$answer" | grep -c .)" -le 1 ] || moved "other nodes have joined: init has ended"
apart k --server "$server" -n kube-system get configmap kubeadm-config --ignore-not-found -o name || or_no_rights_yet "asked for kubeadm-config"
configured=$answer
# The init itself has uploaded them before it made cluster-info, without which nobody can join: only it knows their key.
are_of_this_init() {
  [ -n "$certs_owner" ] || return
  apart k -n kube-public get configmap cluster-info --ignore-not-found -o 'jsonpath={.metadata.creationTimestamp}' || return
  [ -n "$answer" ] || return 0
  info_made=$answer
  apart k -n kube-system get secret "$certs_owner" -o 'jsonpath={.metadata.creationTimestamp}' && [ -n "$answer" ] || return
  [ "$(printf '%s\n' "$answer" "$info_made" | sort | head -n 1)" = "$answer" ]
}
case " $* " in
  *' upload-certs '*)
    certificates_of_others || or_no_rights_yet "asked for kubeadm-certs"
    [ -z "$others" ] || are_of_this_init || moved "$others"
    ;;
esac
phase() {
  status=0
  timeout -k 5 100 kubeadm init phase "$@" --config "$run_folder/kubeadm-init.yaml" </dev/null || status=$?
  case $status in
    124 | 137) echo "kubeadm init phase $1 did not end within 100 s, and was ended" >&2 ;;
  esac
  [ "$status" -eq 0 ] || exit "$status"
}
for name; do
  case $name in
    'upload-config kubeadm') [ -z "$configured" ] || continue ;;
    upload-certs)
      # By now there are rights, or nothing could be uploaded.
      certificates_of_others || { echo "asked for kubeadm-certs: $(last_words)" >&2; exit 1; }
      [ -z "$others" ] || are_of_this_init || { printf '%s\n' "$others" >&2; exit 1; }
      phase upload-certs --upload-certs --skip-certificate-key-print
      k -n kube-system label --overwrite secret kubeadm-certs "hawser/run=$id" </dev/null >/dev/null
      continue
      ;;
  esac
  # shellcheck disable=SC2086 # a phase and the one below it
  phase $name
  [ "$name" != bootstrap-token ] || k -n kube-system label --overwrite secret "bootstrap-token-$id" "hawser/run=$id" </dev/null >/dev/null
done
