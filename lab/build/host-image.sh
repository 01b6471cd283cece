#!/usr/bin/env bash
# Makes the container image of a host: the Debian base, the lab's settings below host/, users, and the programs.
# usage: host-image.sh BASE BIN CRICTL IMAGE DIR      (DIR is scratch space)
set -euo pipefail
# shellcheck source=../lib/common.sh
source "$(dirname "$0")/../lib/common.sh"

base=$1 bin=$2 crictl=$3 image=$4 dir=$5
cp -r "$lab_dir/build/host" "$dir/host"
mkdir -p "$dir/host/usr/bin"
cp "$crictl" "$dir/host/usr/bin/crictl"
cp "$bin"/{kubeadm,kubelet,kubectl} "$dir/host/usr/bin/"
[[ ! -e $bin/crictl ]] || cp "$bin/crictl" "$dir/host/usr/bin/"
cat >"$dir/set-up" <<'SETUP'
#!/bin/sh
set -eu
useradd -m -s /bin/bash ops
useradd -m -s /bin/bash ops-pw
echo 'ops-pw:correct horse' | chpasswd
chmod 440 /etc/sudoers.d/lab
mkdir -p /opt/cni
ln -sfn /usr/lib/cni /opt/cni/bin
: >/etc/machine-id
# Installed and stopped, as a prepared host has them; kubelet waits for kubeadm.
systemctl disable haproxy keepalived etcd
systemctl enable kubelet
# Nobody sits at a console, and housekeeping at odd times would only disturb measurements.
systemctl mask console-getty.service getty.target apt-daily.timer apt-daily-upgrade.timer \
  dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer systemd-tmpfiles-clean.timer \
  systemd-update-utmp.service systemd-update-utmp-runlevel.service
# Nobody has a seat or is asked for passwords either, and these hold inotify instances, of which all hosts of the machine
# share 128.
systemctl mask systemd-logind.service systemd-ask-password-console.path systemd-ask-password-wall.path
SETUP
cat >"$dir/Dockerfile" <<DOCKERFILE
FROM $base
COPY host/ /
COPY set-up /tmp/set-up
RUN sh /tmp/set-up && rm /tmp/set-up
CMD ["/usr/sbin/lab-init"]
DOCKERFILE
DOCKER_BUILDKIT=0 docker build --network none --force-rm -t "$image" "$dir"
