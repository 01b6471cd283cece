#!/usr/bin/env bash
# Builds the lab's crictl from crictl/main.go, inside the unpacked Kubernetes source: there lies the CRI client.
# usage: crictl.sh SOURCE OUT
set -euo pipefail
# shellcheck source=../lib/common.sh
source "$(dirname "$0")/../lib/common.sh"

gopath=$1 out=$2
need golang-go
export GO111MODULE=off CGO_ENABLED=0 GOFLAGS='' GOPATH=$gopath GOCACHE=$cache/go-build
# Only code below the source's own folder may import what it vendors: an overlay puts ours there without touching it.
overlay=$(mktemp)
trap 'rm -f "$overlay"' EXIT
printf '{"Replace": {"%s": "%s"}}\n' "$gopath/src/k8s.io/kubernetes/cmd/crictl/main.go" "$lab_dir/build/crictl/main.go" >"$overlay"
cd "$gopath/src/k8s.io/kubernetes"
go build -trimpath -overlay "$overlay" -ldflags '-s -w' -o "$out" k8s.io/kubernetes/cmd/crictl
