# haproxy_runs.sh DESCRIPTION
said=$(haproxy_runtime 'show info') || { echo "HAProxy's runtime socket does not answer: $said"; exit 1; }
printf '%s\n' "$said" | grep -qxF "description: $1" || { echo 'HAProxy runs another configuration'; exit 1; }
