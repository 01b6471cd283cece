#!/usr/bin/env bash
# Links the programs of a node once more, stamped with another version: packages of two versions are needed, and no more
# of the second than is installed from packages. The compiled code comes from Go's cache.
# usage: node-programs.sh SOURCE VERSION OUT
set -euo pipefail
# shellcheck source=../lib/common.sh
source "$(dirname "$0")/../lib/common.sh"

gopath=$1 stamped=$2 out=$3
minor=${stamped#v1.}
flags='-s -w'
for package in component-base client-go/pkg; do
  prefix=k8s.io/kubernetes/vendor/k8s.io/$package/version
  for set in "gitVersion=$stamped" gitMajor=1 "gitMinor=${minor%%.*}" gitTreeState=clean \
    gitCommit=faecb196815e248d3ecfb03c680a4507229c2a56 buildDate=2021-01-13T13:20:00Z; do
    flags+=" -X $prefix.$set"
  done
done
need golang-go
export GO111MODULE=off CGO_ENABLED=0 GOFLAGS='' GOPATH=$gopath GOCACHE=$cache/go-build
mkdir -p "$out"
cd "$gopath/src/k8s.io/kubernetes"
for program in kubeadm kubelet kubectl; do
  go build -trimpath -ldflags "$flags" -o "$out/" "k8s.io/kubernetes/cmd/$program"
done
[[ $("$out/kubeadm" version -o short) == "$stamped" ]]
