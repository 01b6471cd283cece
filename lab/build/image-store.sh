#!/usr/bin/env bash
# Imports image archives once, into a folder that hosts get copies of as their /var/lib/containerd.
# usage: image-store.sh BASE CONTAINERD ARCHIVE[,ARCHIVE…] OUT
#   (CONTAINERD is a folder of programs in place of Debian's, or -: the store is made by who reads it)
set -euo pipefail
# shellcheck source=../lib/common.sh
source "$(dirname "$0")/../lib/common.sh"

base=$1 containerd=$2 archives=$3 out=$4
mkdir -p "$out"
mounts=() number=0
for archive in ${archives//,/ }; do mounts+=(-v "$archive:/archives/$((++number)).tar:ro"); done
for program in containerd ctr; do
  [[ ! -e $containerd/$program ]] || mounts+=(-v "$(realpath "$containerd/$program"):/usr/bin/$program:ro")
done
# Unpacking mounts overlays, hence the capability; the folder is on the machine's disk, as overlays do not stack.
docker run --rm --network none --label hawser-lab-build --cap-add SYS_ADMIN \
  --security-opt seccomp=unconfined --security-opt apparmor=unconfined --tmpfs /run:exec --tmpfs /tmp \
  -v "$out:/var/lib/containerd" "${mounts[@]}" "$base" sh -euc '
    containerd >/tmp/containerd.log 2>&1 &
    daemon=$!
    until ctr version >/dev/null 2>&1; do sleep 0.1; done
    for archive in /archives/*; do ctr -n k8s.io images import "$archive"; done
    kill $daemon
    wait $daemon || true'
