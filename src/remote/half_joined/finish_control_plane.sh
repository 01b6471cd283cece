# needs: run_folder apart kubectl
# args: server phases…
# What kubeadm join does after the etcd member has started. These phases only ask the API, which they are given so long
# to answer: kubeadm itself would wait for minutes, and go on when nobody waits for it.
require_ready "$server"
for phase; do
  status=0
  timeout -k 5 100 kubeadm join phase control-plane-join "$phase" --config "$run_folder/kubeadm-join.yaml" </dev/null || status=$?
  case $status in
    124 | 137) echo "kubeadm join phase control-plane-join $phase did not end within 100 s, and was ended" >&2 ;;
  esac
  [ "$status" -eq 0 ] || exit "$status"
done
