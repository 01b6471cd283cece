#!/usr/bin/env bash
# Makes the Debian system that a bare host starts from: what an installer leaves, and nothing of Kubernetes.
# usage: bare-base.sh IMAGE DIR      (DIR is scratch space; IMAGE the name under which Docker gets the result)
set -euo pipefail
# shellcheck source=../lib/common.sh
source "$(dirname "$0")/../lib/common.sh"

image=$1 root=$2/root
packages=systemd,systemd-sysv,dbus,openssh-server,sudo,iproute2,iputils-ping,ca-certificates,procps,kmod

need debootstrap
rm -rf "$root"
mkdir -p "$root"
debootstrap --variant=minbase --include="$packages" bookworm "$root"
chroot "$root" apt-get clean
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/{apt,debconf}/* "$root"/var/log/*.log "$root"/usr/share/{doc,man,locale}/*
rm -f "$root"/etc/ssh/ssh_host_* "$root"/etc/apt/sources.list
tar -C "$root" --numeric-owner -c . | docker import - "$image"
