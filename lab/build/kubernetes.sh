#!/usr/bin/env bash
# Builds the Kubernetes programs from the unpacked source, stamped with a version.
# usage: kubernetes.sh SOURCE VERSION OUT
set -euo pipefail
# shellcheck source=../lib/common.sh
source "$(dirname "$0")/../lib/common.sh"

gopath=$1 stamped=$2 out=$3

# Release builds learn their version at link time; without it kubeadm refuses to compare itself with anything.
stamp() {
  local minor=${stamped#v1.} package prefix
  printf -- '-s -w'
  for package in component-base client-go/pkg; do
    prefix=k8s.io/kubernetes/vendor/k8s.io/$package/version
    printf -- ' -X %s' "$prefix.gitVersion=$stamped" "$prefix.gitMajor=1" "$prefix.gitMinor=${minor%%.*}" \
      "$prefix.gitTreeState=clean" "$prefix.gitCommit=faecb196815e248d3ecfb03c680a4507229c2a56" \
      "$prefix.buildDate=2021-01-13T13:20:00Z"
  done
}

need golang-go
# The build cache outlives keys: a changed script relinks, it does not compile everything anew.
export GO111MODULE=off CGO_ENABLED=0 GOFLAGS='' GOPATH=$gopath GOCACHE=$cache/go-build
mkdir -p "$out"
cd "$gopath/src/k8s.io/kubernetes"
# All at once: while one is linked, which only one processor does, the next are compiled.
go build -trimpath -ldflags "$(stamp)" -o "$out/" \
  k8s.io/kubernetes/cmd/{kubeadm,kubelet,kubectl,kube-scheduler,kube-controller-manager,kube-apiserver,kube-proxy}
[[ $("$out/kubeadm" version -o short) == "$stamped" ]]
