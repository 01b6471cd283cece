#!/usr/bin/env bash
# Asks every host what hawser's probe asks, the way a playbook does it.   usage: ansible_facts.sh PROFILE VENV WORK
set -euo pipefail
cd "$(dirname "$0")/.."
profile=$1 venv=$2 work=$3
{
  echo '[all:vars]'
  echo "ansible_user=root ansible_ssh_private_key_file=$PWD/lab/run/id_ed25519 ansible_python_interpreter=auto_silent" | tr ' ' '\n'
  for role in balancer etcd control-plane worker; do
    echo "[${role/-/_}]"
    awk -v role="$role" '
      /^\[\[hosts\]\]/ {name = address = ""}
      /^name = / {gsub(/"/, ""); name = $3}
      /^address = / {gsub(/"/, ""); address = $3}
      /^roles = / && index($0, "\"" role "\"") {print name " ansible_host=" address}' "lab/$profile.toml"
  done
  echo '[member:children]'
  if grep -q '"etcd"' "lab/$profile.toml"; then echo etcd; else echo control_plane; fi
} >"$work/inventory.ini"
export ANSIBLE_HOST_KEY_CHECKING=True ANSIBLE_PIPELINING=True ANSIBLE_FORKS=20
export ANSIBLE_SSH_ARGS="-o UserKnownHostsFile=$PWD/lab/run/known_hosts -o ControlMaster=auto -o ControlPersist=60s"
"$venv/bin/ansible-playbook" -i "$work/inventory.ini" -e "kubernetes=$(lab/lab version)" bench/facts.yml
