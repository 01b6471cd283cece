//! Every certificate on every host is held against its authority by openssl, for what it may be used and for what not;
//! and kubeadm reads its own.

use support::external::{CONTROL_PLANES, ETCD};
use support::{host, lab};

use crate::{CLUSTER, PROFILE};

/// A certificate, who has signed it, and its purposes as openssl names them. Paths are below /etc/kubernetes/pki unless
/// they are whole.
struct Certificate {
    path: &'static str,
    by: &'static str,
    purposes: &'static str,
    /// Whether it has to name its host's address.
    of_the_host: bool,
}

impl Certificate {
    /// A line of the script that asks openssl.
    fn question(&self, address: &str) -> String {
        let Self { path, by, .. } = self;
        match (self.purposes, self.of_the_host) {
            ("authority", _) => format!("authority {path}\n"),
            (_, true) => format!("look {path} {by} -verify_ip {address}\n"),
            (_, false) => format!("look '{path}' {by}\n"),
        }
    }
}

const fn authority(path: &'static str) -> Certificate {
    Certificate {
        path,
        by: path,
        purposes: "authority",
        of_the_host: false,
    }
}

const fn client(path: &'static str, by: &'static str) -> Certificate {
    Certificate {
        path,
        by,
        purposes: "sslclient",
        of_the_host: false,
    }
}

const fn server(path: &'static str, by: &'static str, purposes: &'static str) -> Certificate {
    Certificate {
        path,
        by,
        purposes,
        of_the_host: true,
    }
}

const OF_A_MEMBER: &[Certificate] = &[
    authority("etcd/ca.crt"),
    server("etcd/server.crt", "etcd/ca.crt", "sslserver sslclient"),
    server("etcd/peer.crt", "etcd/ca.crt", "sslserver sslclient"),
    client("etcd/healthcheck-client.crt", "etcd/ca.crt"),
];

const OF_A_CONTROL_PLANE: &[Certificate] = &[
    authority("ca.crt"),
    authority("front-proxy-ca.crt"),
    authority("etcd/ca.crt"),
    server("apiserver.crt", "ca.crt", "sslserver"),
    client("apiserver-kubelet-client.crt", "ca.crt"),
    client("apiserver-etcd-client.crt", "etcd/ca.crt"),
    client("front-proxy-client.crt", "front-proxy-ca.crt"),
    client("/etc/kubernetes/admin.conf", "ca.crt"),
    client("/etc/kubernetes/controller-manager.conf", "ca.crt"),
    client("/etc/kubernetes/scheduler.conf", "ca.crt"),
    client(KUBELET_CLIENT, "ca.crt"),
];

const OF_A_WORKER: &[Certificate] = &[authority("ca.crt"), client(KUBELET_CLIENT, "ca.crt")];

/// A kubelet that has an identity; the name holds the time.
const KUBELET_CLIENT: &str = "/var/lib/kubelet/pki/kubelet-client-*.pem";

/// What a kubelet signs for itself, where nothing else is asked of it; found wherever one has run.
const KUBELETS_OWN: &str = "/var/lib/kubelet/pki/kubelet.crt";

/// From 1.29 on `kubeadm init` makes it besides, on the control plane where it runs.
const BREAK_GLASS: Certificate = client("/etc/kubernetes/super-admin.conf", "ca.crt");

fn expected(name: &str) -> Vec<&'static Certificate> {
    let of_role = match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "etcd" => OF_A_MEMBER,
        "cp" => OF_A_CONTROL_PLANE,
        "w" => OF_A_WORKER,
        _ => &[],
    };
    let besides = (name == "cp1" && lab::minor() >= 29).then_some(&BREAK_GLASS);
    of_role.iter().chain(besides).collect()
}

/// Every file that holds one, but for those in pods' volumes, which are the first control plane's ca.crt again, and
/// what kubectl keeps of the API's answers.
const FIND: &str = "
    for folder in /etc/kubernetes /var/lib/kubelet /etc/haproxy /root /home; do
      [ ! -d $folder ] || find $folder \\( -path /var/lib/kubelet/pods -o -path /root/.kube/cache \\) -prune -o -type f -print0
    done | xargs -0 -r grep -laE 'BEGIN CERTIFICATE|client-certificate-data' | sort";

/// `look PATH AUTHORITY OPTIONS…`: the purposes for which openssl accepts it.
const LOOK: &str = "
    cd /etc/kubernetes/pki 2>/dev/null
    pem() { case $1 in
      *.conf) sed -n 's/^ *client-certificate-data: //p' $1 | base64 -d ;;
      *) cat $1 ;;
    esac; }
    look() {
      of=$1 by=$2; shift 2
      for purpose in sslserver sslclient; do
        ! pem \"$of\" | openssl verify -purpose $purpose -CAfile $by \"$@\" >/dev/null 2>&1 || printf ' %s' $purpose
      done
      echo
    }
    authority() {
      openssl verify -CAfile $1 $1 >/dev/null || return
      ! openssl x509 -noout -ext basicConstraints -in $1 | grep -q CA:TRUE || echo ' authority'
    }\n";

#[test]
fn a40_openssl_verifies_every_certificate_for_its_purpose_and_no_other() {
    let mut count = 0;
    for name in CLUSTER.hosts() {
        let address = lab::address(PROFILE, &name);
        let questions: String = expected(&name)
            .iter()
            .map(|certificate| certificate.question(&address))
            .collect();
        let answers = host::exec(&name, &(LOOK.to_owned() + &questions));
        let answers: Vec<&str> = answers.lines().map(str::trim_start).collect();
        let purposes: Vec<&str> = expected(&name).iter().map(|found| found.purposes).collect();
        assert_eq!(answers, purposes, "{name}");

        let mut paths: Vec<String> = expected(&name).iter().map(|found| complete(found.path)).collect();
        paths.sort();
        assert_eq!(found(&name), paths, "{name}");
        count += paths.len();
    }
    println!("{count} certificates on {} hosts", CLUSTER.hosts().len());
}

fn complete(path: &str) -> String {
    if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/etc/kubernetes/pki/{path}")
    }
}

fn found(name: &str) -> Vec<String> {
    let of_kubelet = KUBELET_CLIENT.split_once('*').unwrap();
    let mut paths: Vec<String> = host::exec(name, FIND)
        .lines()
        .filter(|path| *path != KUBELETS_OWN)
        .map(|path| {
            if path.starts_with(of_kubelet.0) && path.ends_with(of_kubelet.1) {
                KUBELET_CLIENT.to_owned()
            } else {
                path.to_owned()
            }
        })
        .collect();
    paths.sort();
    paths
}

#[test]
fn a40_the_api_servers_certificates_name_the_endpoint_and_the_kubelets_own_are_good_for_serving() {
    for name in CONTROL_PLANES {
        let of_endpoint =
            "openssl verify -purpose sslserver -verify_hostname api.lab.test -CAfile ca.crt apiserver.crt &&
            openssl verify -purpose sslserver -verify_ip 10.77.0.100 -CAfile ca.crt apiserver.crt";
        host::exec(name, &format!("cd /etc/kubernetes/pki && {of_endpoint}"));
    }
    for name in CLUSTER.hosts() {
        let own = format!(
            "! test -e {KUBELETS_OWN} || openssl verify -purpose sslserver -CAfile {KUBELETS_OWN} {KUBELETS_OWN}"
        );
        host::exec(&name, &own);
    }
}

#[test]
fn a40_kubeadm_reads_what_was_made_for_it() {
    for name in CONTROL_PLANES {
        assert_read(
            name,
            &[
                "admin.conf",
                "apiserver",
                "apiserver-kubelet-client",
                "controller-manager.conf",
                "front-proxy-client",
                "scheduler.conf",
                "ca",
                "front-proxy-ca",
            ],
        );
    }
    for name in ETCD {
        assert_read(
            name,
            &["etcd-healthcheck-client", "etcd-peer", "etcd-server", "etcd-ca"],
        );
    }
}

/// That `kubeadm certs check-expiration` tells how long they last.
fn assert_read(name: &str, certificates: &[&str]) {
    let reply = host::exec(name, "kubeadm certs check-expiration");
    for certificate in certificates {
        let line = reply
            .lines()
            .find(|line| line.split_whitespace().next() == Some(certificate));
        let lasts = line.is_some_and(|line| line.contains("364d") || line.contains("9y"));
        assert!(lasts, "{name}: {certificate}: {reply}");
    }
}
