#!/usr/bin/env bash
# Makes the container image of a host: the Debian base, the lab's settings below host/, users, and the programs.
# usage: host-image.sh BASE BIN CRICTL CONTAINERD ETCD IMAGE DIR
#   (CONTAINERD and ETCD are folders of programs in place of Debian's, or -; DIR is scratch space)
set -euo pipefail
# shellcheck source=../lib/common.sh
source "$(dirname "$0")/../lib/common.sh"

base=$1 bin=$2 crictl=$3 containerd=$4 etcd=$5 image=$6 dir=$7

# bring PROGRAM…: programs that were brought, those of them that are there, where Debian's packages have theirs
bring() {
  local program
  for program; do
    case $program in
    */runc) [[ ! -e $program ]] || install -D "$program" "$dir/host/usr/sbin/runc" ;;
    *) [[ ! -e $program ]] || install "$program" "$dir/host/usr/bin/" ;;
    esac
  done
}

# configuration: containerd's, in the version of files that it writes itself, or the newest that the lab has; its
# sandbox image is the one that this kubeadm names
configuration() {
  local file=2 writes pause
  if [[ $containerd != - ]]; then
    writes=$("$containerd/containerd" config default | sed -n 's/^version *= *//p')
    ((writes < 3)) || file=3
  fi
  pause=$("$bin/kubeadm" config images list --kubernetes-version "$("$bin/kubeadm" version -o short)" | grep '/pause:')
  mkdir -p "$dir/host/etc/containerd"
  sed "s#@pause@#$pause#" "$lab_dir/build/containerd/config-$file.toml" >"$dir/host/etc/containerd/config.toml"
}

cp -r "$lab_dir/build/host" "$dir/host"
mkdir -p "$dir/host/usr/bin"
cp "$crictl" "$dir/host/usr/bin/crictl"
cp "$bin"/{kubeadm,kubelet,kubectl} "$dir/host/usr/bin/"
bring "$bin/crictl" "$containerd"/{containerd,ctr,containerd-shim-runc-v2,runc} "$etcd"/{etcd,etcdctl,etcdutl}
configuration
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
# Nobody has a seat or is asked for passwords either, and these hold inotify instances, of which all
# hosts of the machine share 128.
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
