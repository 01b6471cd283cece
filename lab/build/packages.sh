#!/usr/bin/env bash
# Makes the lab's package repository, signed by its key, for hosts that start from the bare base:
#   debian/                        Debian's packages that a cluster needs and the base lacks
#   core:/stable:/v1.NN/deb/       kubeadm, kubelet, kubectl, cri-tools, kubernetes-cni, laid out as pkgs.k8s.io does
#   repository.asc                 the key; beside the packages also as Release.key
# usage: packages.sh BARE_BASE KEY CRICTL CONTAINERD ETCD VERSION=BIN,VERSION=BIN… OUT
#   (CONTAINERD and ETCD are folders of programs in place of those in Debian's packages, or -)
set -euo pipefail
# shellcheck source=../lib/common.sh
source "$(dirname "$0")/../lib/common.sh"

[[ ${own_mounts:-} ]] || own_mounts=1 exec unshare --mount "$0" "$@"

bare_base=$1 key=$2 crictl=$3 containerd=$4 etcd=$5 versions=$6 out=$7
work=$out.work
trap 'rm -rf "$work"' EXIT
rm -rf "$work"
mkdir -p "$work" "$out/debian"
architecture=$(dpkg --print-architecture)
debian=(containerd containernetworking-plugins conntrack socat ebtables ethtool iptables haproxy keepalived etcd-server
  etcd-client)

# Downloaded as the bare base would: each package that it lacks, and no other.
download() {
  local root=$work/root container
  mkdir -p "$root"
  container=$(docker create --label hawser-lab-build "$bare_base" true)
  docker export "$container" | tar -C "$root" --numeric-owner -x
  docker rm "$container" >/dev/null
  rm -f "$root"/etc/apt/sources.list
  cp /etc/apt/sources.list.d/*.sources "$root/etc/apt/sources.list.d/" 2>/dev/null || true
  [[ ! -e /etc/apt/sources.list ]] || cp /etc/apt/sources.list "$root/etc/apt/"
  rm -f "$root/etc/resolv.conf"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  mount --bind /proc "$root/proc"
  chroot "$root" apt-get update -qq
  chroot "$root" apt-get install -y -qq --no-install-recommends --download-only "${debian[@]}"
  umount "$root/proc"
  mv "$root"/var/cache/apt/archives/*.deb "$out/debian/"
}

# renew PACKAGE VERSION FOLDER PROGRAM…: Debian's package with programs of that folder in it, those that are there
renew() {
  local name=$1 version=$2 folder=$3 staged=$work/$1 program
  shift 3
  dpkg-deb -R "$out/debian/$name"_*.deb "$staged"
  for program; do [[ ! -e $folder/${program##*/} ]] || install -D "$folder/${program##*/}" "$staged/$program"; done
  sed -i "s/^Version: .*/Version: $version/" "$staged/DEBIAN/control"
  rm -f "$staged/DEBIAN/md5sums" "$out/debian/$name"_*.deb
  dpkg-deb --root-owner-group -Zgzip -z1 --build "$staged" "$out/debian/${name}_${version}_$architecture.deb"
  rm -rf "$staged"
}

# renewed: with what was brought, and the version that it says it is
renewed() {
  local version
  if [[ $containerd != - ]]; then
    version=$("$containerd/containerd" --version | cut -d' ' -f3)
    renew containerd "${version#v}-1" "$containerd" usr/bin/{containerd,ctr,containerd-shim-runc-v2}
  fi
  if [[ -e $containerd/runc ]]; then
    renew runc "$("$containerd/runc" --version | sed -n '1s/^runc version //p')-1" "$containerd" usr/sbin/runc
  fi
  if [[ $etcd != - ]]; then
    version=$("$etcd/etcd" --version | sed -n 's/^etcd Version: //p')
    renew etcd-server "$version-1" "$etcd" usr/bin/etcd
    renew etcd-client "$version-1" "$etcd" usr/bin/{etcdctl,etcdutl}
  fi
}

# package NAME VERSION SUMMARY [FIELD…]: what lies in $work/NAME becomes a package. Little
# is gained by packing it tightly.
package() {
  local name=$1 version=$2 summary=$3 staged=$work/$1
  shift 3
  mkdir -p "$staged/DEBIAN"
  {
    printf '%s\n' "Package: $name" "Version: $version" "Architecture: $architecture" "Section: admin" \
      "Priority: optional" "Maintainer: hawser-lab <lab@lab.test>" "$@" "Description: $summary"
  } >"$staged/DEBIAN/control"
  mkdir -p "$repository/$architecture"
  dpkg-deb --root-owner-group -Zgzip -z1 --build "$staged" "$repository/$architecture/${name}_${version}_$architecture.deb"
  rm -rf "$staged"
}

kubelet_unit() {
  local staged=$work/kubelet
  install -D -m 644 "$lab_dir/build/host/etc/systemd/system/kubelet.service" "$staged/lib/systemd/system/kubelet.service"
  mkdir -p "$staged/DEBIAN"
  install -m 755 "$lab_dir/build/packages/kubelet.postinst" "$staged/DEBIAN/postinst"
  install -m 755 "$lab_dir/build/packages/kubelet.prerm" "$staged/DEBIAN/prerm"
}

# of_version VERSION BIN
of_version() {
  local version=${1#v}-1.1 bin=$2 drop_in=lib/systemd/system/kubelet.service.d/10-kubeadm.conf program
  for program in kubeadm kubelet kubectl; do install -D -m 755 "$bin/$program" "$work/$program/usr/bin/$program"; done
  install -D -m 644 "$lab_dir/build/host/etc/systemd/system/kubelet.service.d/10-kubeadm.conf" "$work/kubeadm/$drop_in"
  kubelet_unit
  package kubectl "$version" 'Kubernetes: the command line'
  package kubelet "$version" 'Kubernetes: the node agent' \
    'Depends: iptables (>= 1.4.21), kubernetes-cni (>= 0.8.7), iproute2, socat, util-linux, mount, ebtables, ethtool, conntrack'
  package kubeadm "$version" 'Kubernetes: makes clusters' \
    'Depends: kubelet (>= 1.19.0), kubectl (>= 1.19.0), kubernetes-cni (>= 0.8.7), cri-tools (>= 1.13.0)'
}

of_every_version() {
  install -D -m 755 "$crictl" "$work/cri-tools/usr/bin/crictl"
  package cri-tools 1.20.0-1.1 'the client of container runtimes'
  dpkg-deb -x "$out"/debian/containernetworking-plugins_*.deb "$work/cni"
  mkdir -p "$work/kubernetes-cni/opt/cni"
  cp -r "$work/cni/usr/lib/cni" "$work/kubernetes-cni/opt/cni/bin"
  package kubernetes-cni 0.8.7-1.1 'the plugins of pod networks'
  rm "$out"/debian/containernetworking-plugins_*.deb
}

# index FOLDER: a flat repository, signed
index() {
  (
    cd "$1"
    dpkg-scanpackages --multiversion . 2>/dev/null >Packages
    gzip -9nk Packages
    {
      printf '%s\n' 'Origin: hawser-lab' 'Label: hawser-lab' "Date: $(date -Ru)" "Architectures: $architecture"
      printf 'SHA256:\n'
      for file in Packages Packages.gz; do
        printf ' %s %s %s\n' "$(sha256sum <"$file" | cut -d' ' -f1)" "$(stat -c %s "$file")" "$file"
      done
    } >Release
    gpg --batch --quiet --yes --clearsign -o InRelease Release
    gpg --batch --quiet --yes --armor --detach-sign -o Release.gpg Release
    cp "$out/repository.asc" Release.key
  )
}

need gnupg dpkg-dev
export GNUPGHOME=$key
gpg --batch --armor --export >"$out/repository.asc"
download
renewed
series=${versions%%=*}
repository="$out/core:/stable:/${series%.*}/deb"
of_every_version
for pair in ${versions//,/ }; do of_version "${pair%%=*}" "${pair#*=}"; done
index "$repository"
index "$out/debian"
gpgconf --kill all
