#!/usr/bin/env bash
# Builds what a release consists of, in target/dist: an archive with the program, its man pages and shell completions and
# the licence, the same as a Debian package, and their checksums.
# usage: packaging/build.sh [release|dev]
#   release  the program is optimised, and linked with musl: it needs no library of the workstation
#   dev      the program that the tests have built, to test the packages without waiting for the other
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

profile=${1:-release}
machine=$(uname -m)
dist=target/dist
case $profile in
release) target=$machine-unknown-linux-musl of_target=(--target "$target") built=${CARGO_TARGET_DIR:-target}/$target/release ;;
dev) of_target=() built=${CARGO_TARGET_DIR:-target}/debug ;;
*)
  echo 'usage: packaging/build.sh [release|dev]' >&2
  exit 2
  ;;
esac

compile() {
  [[ $profile = release ]] || return 0
  rustup target add "$target"
  cargo build --locked --release --bin hawser "${of_target[@]}"
}

# What the program prints of itself.
documents() {
  mkdir -p "$dist/man" "$dist/completions"
  "$built/hawser" man "$dist/man"
  gzip --best --no-name --force "$dist"/man/*.1
  "$built/hawser" completions bash >"$dist/completions/hawser"
  "$built/hawser" completions zsh >"$dist/completions/_hawser"
  "$built/hawser" completions fish >"$dist/completions/hawser.fish"
}

# The same inputs make the same archive: its files are of the commit's time, and of nobody.
archive() {
  local name stamp
  name=hawser-$("$built/hawser" --version | cut -d' ' -f2)-$machine-linux
  stamp=$(git log -1 --format=%ct 2>/dev/null) || stamp=0
  mkdir "$dist/$name"
  cp -r "$built/hawser" "$dist/man" "$dist/completions" LICENSE README.md CHANGELOG.md inventory.example.toml docs/how-to/recover-etcd-quorum.md "$dist/$name"
  tar --directory "$dist" --sort=name --mtime="@$stamp" --owner=0 --group=0 --numeric-owner --create "$name" |
    gzip --no-name >"$dist/$name.tar.gz"
  rm -r "${dist:?}/$name"
}

package() {
  cargo deb --locked --no-build --no-strip --profile "$profile" "${of_target[@]}" --output "$dist/"
}

rm -rf "$dist"
mkdir -p "$dist"
compile
documents
archive
package
(cd "$dist" && sha256sum -- *.tar.gz *.deb >SHA256SUMS)
ls -l "$dist"/*.tar.gz "$dist"/*.deb "$dist/SHA256SUMS"
