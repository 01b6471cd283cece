#!/usr/bin/env bash
# Installs what `make test` and `make check` need and this machine lacks: Debian's packages, and cargo's own tools.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"
# shellcheck source=lib/common.sh
source lib/common.sh

# need_cargo COMMAND CRATE: a subcommand of cargo, built from its crate where it is missing; not optimised, as that
# takes longer than all that is ever asked of it here.
need_cargo() {
  cargo "$1" --version >/dev/null 2>&1 || {
    say "installing $2"
    cargo install --debug --locked --quiet "$2"
  }
}

command -v cargo >/dev/null || die 'cargo is missing: https://rustup.rs installs it'
need openssh-client openssh-server haproxy keepalived shellcheck musl-tools
need_cargo nextest cargo-nextest
need_cargo deny cargo-deny
need_cargo deb cargo-deb
