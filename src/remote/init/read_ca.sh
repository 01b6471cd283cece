[ -f /etc/kubernetes/pki/ca.crt ] || { echo 'no cluster CA yet'; exit 1; }
cat /etc/kubernetes/pki/ca.crt
