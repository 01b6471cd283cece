#!/usr/bin/env bash
# Unpacks Debian's source package `kubernetes` as a GOPATH that builds with Debian's Go.
# usage: kubernetes-source.sh OUT      (OUT becomes the GOPATH)
set -euo pipefail
# shellcheck source=../lib/common.sh
source "$(dirname "$0")/../lib/common.sh"

out=$1
src=$out/src/k8s.io/kubernetes

# An apt configuration of its own, beside the machine's: the same archives, their sources.
sources_only_apt() {
  local dir=$1 file
  mkdir -p "$dir"/{lists/partial,cache/archives/partial,sources}
  for file in /etc/apt/sources.list.d/*.sources; do
    [[ -e $file ]] && sed 's/^Types:.*/Types: deb-src/' "$file" >"$dir/sources/${file##*/}"
  done
  [[ ! -e /etc/apt/sources.list ]] || sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >"$dir/sources/machine.list"
  cat >"$dir/apt.conf" <<CONF
Dir::State::Lists "$dir/lists";
Dir::Cache "$dir/cache";
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$dir/sources";
APT::Sandbox::User "root";
CONF
}

fetch() {
  local dir=$1 package
  sources_only_apt "$dir"
  export APT_CONFIG=$dir/apt.conf
  apt-get update -qq
  package=$(apt-cache madison kubernetes | awk '$3 ~ /^1\.20/ {print $3; exit}')
  (cd "$dir" && apt-get source -qq --download-only "kubernetes=$package")
  unset APT_CONFIG
}

# The vendored reflect2 reads the runtime's maps as they were before Go 1.18 and dies; Debian's own package does not.
replace_reflect2() {
  rm -rf "$src/vendor/github.com/modern-go/reflect2"
  cp -rL /usr/share/gocode/src/github.com/modern-go/reflect2 "$src/vendor/github.com/modern-go/"
}

# The API server compiles in a file that upstream's release build generates and the source package lacks.
generate_openapi() {
  local inputs
  cd "$src"
  go build -o "$out/openapi-gen" k8s.io/kubernetes/vendor/k8s.io/kube-openapi/cmd/openapi-gen
  inputs=$(grep -rl --include='*.go' '+k8s:openapi-gen=' staging/src/k8s.io pkg cmd | xargs -n1 dirname | sort -u |
    grep -vE 'sample-apiserver|sample-controller|code-generator|apiextensions-apiserver/examples' |
    sed -e 's#^staging/src/#vendor/#' -e 's#^#k8s.io/kubernetes/#' | paste -sd,)
  "$out/openapi-gen" -h hack/boilerplate/boilerplate.generatego.txt -O zz_generated.openapi \
    -p k8s.io/kubernetes/pkg/generated/openapi -r "$out/openapi-violations" --output-base "$out/src" -i "$inputs"
  [[ -s pkg/generated/openapi/zz_generated.openapi.go ]]
}

need golang-go dpkg-dev ca-certificates golang-github-modern-go-reflect2-dev golang-github-modern-go-concurrent-dev
mkdir -p "$out/src/k8s.io"
fetch "$out/apt"
tar -C "$out/src/k8s.io" -xf "$out"/apt/kubernetes_1.20*.orig.tar.gz
mv "$out/src/k8s.io/kubernetes-1.20.2" "$src"
rm -rf "$out/apt"
replace_reflect2
export GO111MODULE=off CGO_ENABLED=0 GOFLAGS='' GOPATH=$out GOCACHE=$cache/go-build
generate_openapi
