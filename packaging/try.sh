#!/usr/bin/env bash
# Installs what `packaging/build.sh` has built on a host of the lab that has nothing but a distribution, runs it there as
# a reader of the README would, and removes it.
# usage: packaging/try.sh [HOST]      without HOST, the lab's unprepared hosts are started, and taken down at the end
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

host=${1:-}
if [[ ! $host ]]; then
  host=w1
  lab/lab up bare
  trap 'lab/lab down' EXIT
fi
on_host() { docker exec -i "$host" sh -euc "$1"; }

(cd target/dist && sha256sum --quiet --check SHA256SUMS)
package=(target/dist/*.deb) archive=(target/dist/*.tar.gz)

on_host 'cat >/tmp/hawser.deb && dpkg -i /tmp/hawser.deb && rm /tmp/hawser.deb' <"${package[0]}"
on_host '
  hawser --version
  hawser inventory check -i /usr/share/doc/hawser/examples/inventory.example.toml
  zcat /usr/share/man/man1/hawser.1.gz | grep -q "^.SH SYNOPSIS"
  bash -nc ". /usr/share/bash-completion/completions/hawser"
  test -s /usr/share/doc/hawser/copyright
  dpkg --verify hawser
  dpkg --purge hawser
  test ! -e /usr/bin/hawser'

on_host 'mkdir /tmp/hawser && tar -xzf - -C /tmp/hawser --strip-components=1' <"${archive[0]}"
on_host '
  cd /tmp/hawser
  ./hawser --version
  ./hawser inventory check -i inventory.example.toml
  test -s LICENSE
  rm -r /tmp/hawser'
echo 'installed, run and removed'
