//! Another cluster's API server: kubeadm's certificates of an authority of their own, an etcd of its own, on a host of
//! the lab's cluster, whose program it runs.

use crate::broken::{Broken, broken};
use crate::cluster::Cluster;
use crate::lab;

const HOST: &str = "cp3";
const PORT: u16 = 9443;

const START: &str = "
    mkdir /var/lib/stranger
    cd /var/lib/stranger
    cp /proc/$(pgrep -x kube-apiserver)/exe kube-apiserver
    kubeadm init phase certs all --kubernetes-version $(kubeadm version -o short) --cert-dir $PWD/pki >/dev/null
    # From 1.24 on there is no such port, and no option that shuts it.
    secure_only=
    ! ./kube-apiserver --help | grep -q -e '--insecure-port ' || secure_only=--insecure-port=0
    client=http://127.0.0.1:12379 peer=http://127.0.0.1:12380
    systemd-run -q --unit stranger-etcd etcd --data-dir $PWD/etcd --listen-client-urls $client \
        --advertise-client-urls $client --listen-peer-urls $peer --initial-advertise-peer-urls $peer \
        --initial-cluster default=$peer
    systemd-run -q --unit stranger $PWD/kube-apiserver --secure-port=$port $secure_only --etcd-servers=$client \
        --tls-cert-file=$PWD/pki/apiserver.crt --tls-private-key-file=$PWD/pki/apiserver.key \
        --client-ca-file=$PWD/pki/ca.crt --authorization-mode=RBAC --service-cluster-ip-range=10.97.0.0/16 \
        --service-account-issuer=https://stranger.test --service-account-signing-key-file=$PWD/pki/sa.key \
        --service-account-key-file=$PWD/pki/sa.pub
    until curl -skf --max-time 5 https://127.0.0.1:$port/readyz; do systemctl is-active -q stranger; sleep 0.2; done";

const STOP: &str = "systemctl stop stranger stranger-etcd; rm -r /var/lib/stranger";

/// The balancers lead to it, and to nothing else.
pub fn behind_the_endpoint(of: &Cluster) -> Vec<Broken> {
    let runs = broken(HOST, &format!("set -eu; port={PORT}; {START}"), STOP);
    let members = ["cp1", "cp2", "cp3"].map(|name| (name, lab::address(of.profile, name)));
    let leading = |to: &dyn Fn(&str) -> String| {
        let lines = members.iter().map(|(name, own)| {
            let to = to(own);
            format!("echo 'set server control_planes/{name} addr {to}' | socat - /run/haproxy/admin.sock\n")
        });
        lines.collect::<String>()
    };
    let there = lab::address(of.profile, HOST);
    let away = leading(&|_| format!("{there} port {PORT}"));
    let back = leading(&|own| format!("{own} port 6443"));
    let balancers = of.balancers.iter().map(|name| broken(name, &away, &back));
    // They lead back before it stops.
    balancers.collect::<Vec<_>>().into_iter().chain([runs]).collect()
}
