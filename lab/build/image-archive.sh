#!/usr/bin/env bash
# Makes the archive of container images. It is put together inside the Debian base, so that what the images need (etcd
# and others, whose packages start daemons) need not be installed on the machine.
# usage: image-archive.sh BASE BIN all|lab OUT
set -euo pipefail
# shellcheck source=../lib/common.sh
source "$(dirname "$0")/../lib/common.sh"

base=$1 bin=$2 which=$3 out=$4
work=$out.work
trap 'rm -rf "$work"' EXIT
rm -rf "$work"
mkdir -p "$work"
need gcc libc6-dev
gcc -static -Os -s -o "$work/pause" "$lab_dir/build/images/pause.c"
docker run --rm --network none --label hawser-lab-build -v "$lab_dir:/lab:ro" -v "$bin:/programs:ro" -v "$work:/work" \
  "$base" bash /lab/build/images.sh /lab /programs "$which" /work
mv "$work/images.tar" "$out"
