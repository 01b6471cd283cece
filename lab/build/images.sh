#!/usr/bin/env bash
# Packs container images into one archive for `ctr images import`: what `kubeadm config images list` names, made from
# the given programs and Debian's packages, and the lab's pod network. An image is one layer, its configuration and an
# entry in a list; tar makes that.
# usage: images.sh LAB BIN all|lab WORK      (runs in a container of the Debian base, see image-archive.sh)
set -euo pipefail

lab=$1 bin=$2 which=$3 work=$4
root=$work/root archive=$work/archive
manifest=()

# copy FILE…: each file, with the shared libraries that it loads, into the image being made
copy() {
  local file library
  for file; do
    mkdir -p "$root${file%/*}"
    cp -L "$file" "$root$file"
    for library in $(ldd "$file" 2>/dev/null | grep -oE '/[^ )]+' || true); do
      mkdir -p "$root${library%/*}"
      cp -L "$library" "$root$library"
    done
  done
}

# program NAME…: programs of Kubernetes, where its images have them
program() {
  mkdir -p "$root/usr/local/bin"
  cp "${@/#/$bin/}" "$root/usr/local/bin/"
}

# image NAME[,NAME…] [ENTRYPOINT]: what was copied becomes an image, known by these names
image() {
  local tags entry=${2:+'"Entrypoint":["'$2'"],'} digest
  mkdir -p "$archive"
  tar -C "$root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$work/layer" .
  digest=$(sha256sum "$work/layer" | cut -d' ' -f1)
  mv "$work/layer" "$archive/$digest.tar"
  printf '{"architecture":"%s","os":"linux","config":{%s"Env":["PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created_by":"the lab"}]}' \
    "$(dpkg --print-architecture)" "$entry" "$digest" >"$archive/$digest.json"
  tags=\"${1//,/\",\"}\"
  manifest+=("{\"Config\":\"$digest.json\",\"RepoTags\":[$tags],\"Layers\":[\"$digest.tar\"]}")
  rm -rf "$root"
}

control_plane() {
  local program
  for program in kube-apiserver kube-controller-manager kube-scheduler; do
    program "$program"
    image "$(named "$program")" "/usr/local/bin/$program"
  done
}

kube_proxy() {
  local name modules
  mapfile -t modules < <(find /usr/lib -path '*xtables/*.so')
  copy /usr/sbin/xtables-legacy-multi /usr/sbin/conntrack /usr/sbin/ipset /usr/bin/kmod "${modules[@]}"
  for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
    ln -s xtables-legacy-multi "$root/usr/sbin/$name"
  done
  mkdir -p "$root/run"   # for iptables' lock
  program kube-proxy
  image "$(named kube-proxy)"
}

etcd() {
  copy /usr/bin/etcd /usr/bin/etcdctl
  [[ ! -e /usr/bin/etcdutl ]] || copy /usr/bin/etcdutl   # from 3.5 on
  mkdir -p "$root/usr/local"
  mv "$root/usr/bin" "$root/usr/local/bin"
  image "$(named etcd)"
}

# Debian has no CoreDNS: the pause image stands in its name, and the addon is skipped in the lab's clusters.
pause() {
  mkdir -p "$root"
  cp "$work/pause" "$root/pause"
  image "$1" /pause
}

pod_network() {
  mkdir -p "$root/bin" "$root/tmp"
  cp /bin/busybox "$bin/kubectl" "$root/bin/"
  install -m 755 "$lab/pod-network/agent.sh" "$root/bin/agent"
  local tool
  for tool in sh ip cat cmp cp mv sed sleep timeout; do ln -s busybox "$root/bin/$tool"; done
  image lab.local/pod-network:1 /bin/agent
}

named() { grep -E "/$1:" "$work/names"; }   # what this kubeadm calls the image
"$bin/kubeadm" config images list --kubernetes-version "$("$bin/kubeadm" version -o short)" >"$work/names"
pod_network
if [[ $which == all ]]; then
  control_plane
  kube_proxy
  etcd
  pause "$(named pause),$(named coredns)"
else
  pause "$(named pause)"   # which the hosts' containerd is configured with
fi
(IFS=,; echo "[${manifest[*]}]") >"$archive/manifest.json"
tar -C "$archive" -cf "$work/images.tar" .
