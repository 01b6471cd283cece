#!/usr/bin/env bash
# Makes the Debian system that every host starts from: systemd, sshd and the packages of a prepared Kubernetes host.
# usage: host-base.sh IMAGE DIR      (DIR is scratch space; IMAGE the name under which Docker gets the result)
set -euo pipefail
# shellcheck source=../lib/common.sh
source "$(dirname "$0")/../lib/common.sh"

# A mount namespace of its own: however this ends, no mount stays behind on the machine.
[[ ${own_mounts:-} ]] || own_mounts=1 exec unshare --mount "$0" "$@"

image=$1 root=$2/root
bootstrap=systemd,systemd-sysv,dbus,openssh-server,sudo,iproute2,iptables,ca-certificates,procps,kmod
packages=(containerd runc containernetworking-plugins conntrack ipset ebtables ethtool haproxy keepalived etcd-server
  etcd-client socat curl openssl netcat-openbsd iputils-ping busybox-static)

install_packages() {
  rm -f "$root/etc/apt/sources.list"
  cp /etc/apt/sources.list.d/*.sources "$root/etc/apt/sources.list.d/" 2>/dev/null || true
  [[ ! -e /etc/apt/sources.list ]] || cp /etc/apt/sources.list "$root/etc/apt/"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  # Nothing may start inside the chroot: its daemons would be the machine's.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  mount --bind /proc "$root/proc"
  chroot "$root" apt-get update -qq
  chroot "$root" apt-get install -y -qq --no-install-recommends "${packages[@]}"
  umount "$root/proc"
  rm "$root/usr/sbin/policy-rc.d"
}

slim() {
  chroot "$root" apt-get clean
  rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/{apt,debconf}/* "$root"/var/log/*.log "$root"/usr/share/{doc,man,locale}/*
  rm -f "$root"/etc/ssh/ssh_host_*   # each host makes its own
}

need debootstrap
rm -rf "$root"
mkdir -p "$root"
debootstrap --variant=minbase --include="$bootstrap" bookworm "$root"
install_packages
slim
tar -C "$root" --numeric-owner -c . | docker import - "$image"
