# control_plane_is_well.sh SERVER: the API server, and the controller manager and scheduler by their own health endpoints.
said=$(k --server "$1" get --raw /readyz 2>&1) || { echo "/readyz: $said"; exit 1; }
for port in 10257 10259; do
  said=$(kubectl --server "https://127.0.0.1:$port" --insecure-skip-tls-verify --request-timeout=5s get --raw /healthz 2>&1) ||
    { echo "https://127.0.0.1:$port/healthz: $said"; exit 1; }
done
