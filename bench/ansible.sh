#!/usr/bin/env bash
# ansible-core from the Python registry, in a virtual environment.   usage: ansible.sh VENV
set -euo pipefail
[[ -x $1/bin/ansible-playbook ]] && exit 0
python3 -m venv "$1"
"$1/bin/pip" install --quiet ansible-core
