#!/usr/bin/env bash
# Makes the container image of a bare host: the Debian base, the lab's settings that are about containers and logins,
# and the key of the lab's repository, which stands for the distribution's archive.
# usage: bare-image.sh BASE PACKAGES IMAGE DIR      (DIR is scratch space)
set -euo pipefail
# shellcheck source=../lib/common.sh
source "$(dirname "$0")/../lib/common.sh"

base=$1 packages=$2 image=$3 dir=$4
cp -r "$lab_dir/build/host" "$dir/host"
# What prepares a host is left to who prepares it.
rm -r "$dir"/host/etc/default "$dir"/host/etc/systemd/system/kubelet.service*
cp -r "$lab_dir/build/bare/." "$dir/host/"
install -D -m 644 "$packages/repository.asc" "$dir/host/usr/share/keyrings/lab.asc"
cat >"$dir/set-up" <<'SETUP'
#!/bin/sh
set -eu
useradd -m -s /bin/bash ops
useradd -m -s /bin/bash ops-pw
echo 'ops-pw:correct horse' | chpasswd
chmod 440 /etc/sudoers.d/lab
: >/etc/machine-id
# Nobody sits at a console, and housekeeping at odd times would only disturb measurements.
systemctl mask console-getty.service getty.target apt-daily.timer apt-daily-upgrade.timer \
  dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer systemd-tmpfiles-clean.timer \
  systemd-update-utmp.service systemd-update-utmp-runlevel.service
# These hold inotify instances, see host-image.sh.
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
