# needs: processes run_folder kubeadm_at_work
# Removes what a run keeps on the host's tmpfs while it works; not what a kubeadm that is still at work may be reading.
pid=$(kubeadm_at_work | head -n 1)
[ -z "$pid" ] || { echo "kubeadm (process $pid) is still running: $run_folder stays until the next run"; exit 1; }
rm -rf -- "$run_folder"
