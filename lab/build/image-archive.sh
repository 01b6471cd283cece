#!/usr/bin/env bash
# Makes the archive of container images. It is put together inside the Debian base, so that what the images need (etcd
# and others, whose packages start daemons) need not be installed on the machine.
# usage: image-archive.sh BASE BIN ETCD all|lab OUT      (ETCD is a folder of programs in place of Debian's, or -)
set -euo pipefail
# shellcheck source=../lib/common.sh
source "$(dirname "$0")/../lib/common.sh"

base=$1 bin=$2 etcd=$3 which=$4 out=$5
work=$out.work
trap 'rm -rf "$work"' EXIT
rm -rf "$work"
mkdir -p "$work"
need gcc libc6-dev
gcc -static -Os -s -o "$work/pause" "$lab_dir/build/images/pause.c"
# One by one, as what was brought may be links to elsewhere.
mounts=()
for program in kubeadm kubectl kube-apiserver kube-controller-manager kube-scheduler kube-proxy; do
  [[ ! -e $bin/$program ]] || mounts+=(-v "$(realpath "$bin/$program"):/programs/$program:ro")
done
for program in etcd etcdctl etcdutl; do
  [[ ! -e $etcd/$program ]] || mounts+=(-v "$(realpath "$etcd/$program"):/usr/bin/$program:ro")
done
docker run --rm --network none --label hawser-lab-build -v "$lab_dir:/lab:ro" "${mounts[@]}" -v "$work:/work" \
  "$base" bash /lab/build/images.sh /lab /programs "$which" /work
mv "$work/images.tar" "$out"
