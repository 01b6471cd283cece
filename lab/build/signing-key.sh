#!/usr/bin/env bash
# Makes the key with which the lab signs its repository. It stays in the cache, so that
# packages made anew have the same.
# usage: signing-key.sh OUT      (OUT becomes a GnuPG home)
set -euo pipefail
# shellcheck source=../lib/common.sh
source "$(dirname "$0")/../lib/common.sh"

need gnupg
mkdir -p "$1"
chmod 700 "$1"
export GNUPGHOME=$1
gpg --batch --quiet --passphrase '' --quick-generate-key 'hawser-lab <lab@lab.test>' rsa2048 sign never
gpgconf --kill all
