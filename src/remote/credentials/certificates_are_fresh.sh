# needs: apart kubectl
# args: seconds
# The Secret lives two hours; a join must not begin near its end.
made=$(k -n kube-system get secret kubeadm-certs -o 'jsonpath={.metadata.creationTimestamp}' 2>/dev/null) || { echo 'not uploaded'; exit 1; }
age=$(($(date +%s) - $(date -d "$made" +%s)))
[ "$age" -lt "$seconds" ] || { echo "uploaded $age s ago"; exit 1; }
