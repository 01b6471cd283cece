//! The scripts that clear a host, with the host's folders in another place and programs that stand in for kubeadm and
//! kubectl.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::commands::*;
use crate::remote::wire::PRELUDE;
use crate::remote::wire::RemoteCommand;
use crate::topology::{HostName, Role};

mod foreign_hosts;
mod nodes;

const CA: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

/// The beginning of the log of an etcd 3.4.23.
const LOG: &str = "BAAAAAAAAIQIBBAAAAAAACAAAAAAAAAACAEQ+e+T/A0aFgjZnJOawK/ZuPQBEK/alOXkiaS0mQEOAAAAAAAAgg==";

/// 0.0.0.0:PORT, listening.
fn socket(port: u16) -> String {
    format!("   0: 00000000:{port:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1\n")
}

/// What a script came to.
#[derive(Debug, PartialEq)]
struct Ran {
    status: Option<i32>,
    words: String,
}

/// A half-joined host.
struct Host {
    root: tempfile::TempDir,
}

impl Host {
    fn new() -> Self {
        let host = Self {
            root: tempfile::tempdir().unwrap(),
        };
        host.put("/etc/kubernetes/pki/ca.crt", CA);
        host.put("/etc/kubernetes/bootstrap-kubelet.conf", "kind: Config\n");
        host.put("/etc/kubernetes/mine.conf", "mine\n");
        host.put("/etc/cni/net.d/10-net.conflist", "{}\n");
        host.put("/proc/net/tcp", "  sl  local_address\n");
        host.put("/proc/self/mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
        fs::create_dir_all(host.path("/run")).unwrap();
        host.program("systemctl", "exit 3");
        host.program("kubeadm", "echo \"kubeadm $*\" >>\"${0%/*}/asked\"");
        host.program("kubectl", "echo \"$(cat \"${0%/*}/says\")\" >&2; exit 1");
        host
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path.trim_start_matches('/'))
    }

    fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn has(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    fn program(&self, name: &str, body: &str) {
        self.put(&format!("/bin/{name}"), format!("#!/bin/sh\n{body}\n"));
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.path(&format!("/bin/{name}")), mode).unwrap();
    }

    /// Data of etcd in a directory.
    fn etcd(&self, directory: &str) {
        self.put(
            &format!("{directory}/member/wal/0000000000000000-0000000000000000.wal"),
            STANDARD.decode(LOG).unwrap(),
        );
    }

    fn run(&self, command: &RemoteCommand) -> Ran {
        let root = self.root.path().display();
        let elsewhere = |text: &str| {
            ["/etc/", "/var/lib/", "/run/", "/proc/"]
                .iter()
                .fold(text.to_owned(), |text, folder| {
                    text.replace(folder, &format!("{root}{folder}"))
                })
        };
        let moved = PRELUDE.lines().find(|line| line.starts_with("moved()")).unwrap();
        let script = format!("set -eu\n{moved}\n{}", elsewhere(command.script));
        let arguments = command.arguments.iter().map(|argument| elsewhere(argument));
        let path = format!("{root}/bin:{}", std::env::var("PATH").unwrap());
        let output = Command::new("sh")
            .args(["-c", &script, "hawser"])
            .args(arguments)
            .env("PATH", path)
            .output()
            .unwrap();
        Ran {
            status: output.status.code(),
            words: String::from_utf8(output.stderr)
                .unwrap()
                .replace(&root.to_string(), ""),
        }
    }

    fn asked(&self) -> String {
        fs::read_to_string(self.path("/bin/asked")).unwrap_or_default()
    }

    /// Nothing of a reset is done, for this reason.
    fn refuses(&self, command: &RemoteCommand, why: &str) {
        let ran = self.run(command);
        assert_eq!(
            (ran.status, ran.words.contains(why)),
            (Some(4), true),
            "{why}: {ran:?}"
        );
        assert!(ran.words.starts_with("changed since the plan: "), "{ran:?}");
        assert_eq!(self.asked(), "", "{why}");
        assert!(self.has("/etc/cni/net.d/10-net.conflist"), "{why}");
    }
}

fn sum() -> String {
    hex::encode(Sha256::digest(STANDARD.decode(LOG).unwrap()))
}

fn expected(role: Role) -> Expected<'static> {
    Expected {
        cri_socket: "unix:///run/containerd/containerd.sock",
        etcd_directory: "/var/lib/etcd",
        role,
        ca: Some(CA),
        server: "https://192.0.2.22:6443",
        learns: false,
        has_etcd_elsewhere: false,
        has_ca_key: false,
        data: None,
    }
}

fn of(role: Role) -> RemoteCommand {
    reset(&expected(role))
}

#[test]
fn a_reset_asks_kubeadm_for_no_data_of_etcd_and_deletes_only_kubeadms_files() {
    let host = Host::new();

    let ran = host.run(&of(Role::Worker));

    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(
        host.asked().contains("reset -f --skip-phases=remove-etcd-member"),
        "{}",
        host.asked()
    );
    for gone in [
        "/etc/kubernetes/pki/ca.crt",
        "/etc/kubernetes/bootstrap-kubelet.conf",
        "/etc/cni/net.d/10-net.conflist",
    ] {
        assert!(!host.has(gone), "{gone}");
    }
    assert!(host.has("/etc/kubernetes/mine.conf"));
    // It goes on where the connection does not.
    assert!(host.has("/run/hawser/kubeadm-reset.log"));
}

#[test]
fn a_reset_empties_the_directory_of_etcd_that_the_plan_saw_and_no_other() {
    let host = Host::new();
    host.etcd("/var/lib/etcd");
    host.put("/var/lib/etcd/notes", "mine\n");
    let sum = sum();
    let data = Some(("/var/lib/etcd", sum.as_str()));
    let of = |data| {
        reset(&Expected {
            data,
            ..expected(Role::ControlPlane)
        })
    };

    host.refuses(&of(None), "data of etcd is in /var/lib/etcd");
    host.refuses(&of(Some(("/var/lib/etcd", "0"))), "is not what it was");
    host.etcd("/srv/etcd");
    host.put(
        "/etc/kubernetes/manifests/etcd.yaml",
        format!("    - --data-dir={}\n", host.path("/srv/etcd").display()),
    );
    host.refuses(&of(data), "data of etcd is in /srv/etcd");
    fs::remove_file(host.path("/etc/kubernetes/manifests/etcd.yaml")).unwrap();

    let ran = host.run(&of(data));

    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(!host.has("/var/lib/etcd/member"));
    assert!(host.has("/var/lib/etcd/notes") && host.has("/srv/etcd/member"));
}

#[test]
fn where_kubeadm_fails_nothing_more_is_deleted() {
    let host = Host::new();
    host.program("kubeadm", "exit 7");

    let ran = host.run(&of(Role::Worker));

    assert_eq!(ran.status, Some(7), "{ran:?}");
    assert!(host.has("/etc/kubernetes/pki/ca.crt"));
}

#[test]
fn the_directory_that_is_emptied_is_the_members_own() {
    let host = Host::new();
    host.etcd("/var/lib/mine");
    host.put("/var/lib/etcd/notes", "mine\n");
    let sum = sum();

    let ran = host.run(&reset(&Expected {
        etcd_directory: "/var/lib/mine",
        data: Some(("/var/lib/mine", &sum)),
        ..expected(Role::ControlPlane)
    }));

    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(!host.has("/var/lib/mine/member") && host.has("/var/lib/etcd/notes"));
}

#[test]
fn a_host_that_is_another_than_the_plan_saw_is_not_reset() {
    let host = Host::new();
    host.put("/etc/kubernetes/manifests/mine.yaml", "kind: Pod\n");
    host.refuses(&of(Role::Worker), "/etc/kubernetes/manifests/mine.yaml is there");
    fs::remove_file(host.path("/etc/kubernetes/manifests/mine.yaml")).unwrap();

    host.put("/etc/kubernetes/kubelet.conf", "kind: Config\n");
    host.refuses(&of(Role::Worker), "the kubelet has an identity");
    fs::remove_file(host.path("/etc/kubernetes/kubelet.conf")).unwrap();

    host.put("/etc/kubernetes/pki/ca.crt", CA.replace("MIIB", "MIIC"));
    host.refuses(&of(Role::Worker), "the cluster CA");
    fs::remove_file(host.path("/etc/kubernetes/pki/ca.crt")).unwrap();
    host.refuses(&of(Role::Worker), "the cluster CA");
    host.put("/etc/kubernetes/pki/ca.crt", CA.replace('\n', "\r\n"));

    host.put("/proc/4711/comm", "kubeadm\n");
    host.put("/proc/4711/cmdline", "kubeadm\0join\0");
    host.refuses(&of(Role::Worker), "a kubeadm is running (process ");
    fs::remove_dir_all(host.path("/proc/4711")).unwrap();

    assert_eq!(
        host.run(&of(Role::Worker)).status,
        Some(0),
        "white space is no other CA"
    );
}

#[test]
fn a_control_plane_that_serves_is_not_reset() {
    let host = Host::new();
    host.put("/etc/kubernetes/kubelet.conf", "kind: Config\n");
    host.put("/proc/net/tcp6", socket(6443));
    host.program("kubectl", "echo ok");
    host.refuses(
        &of(Role::ControlPlane),
        "its API server is ready (https://192.0.2.22:6443)",
    );

    host.program(
        "kubectl",
        "echo 'Unable to connect to the server: net/http: TLS handshake timeout' >&2; exit 1",
    );
    host.put("/proc/net/tcp6", [socket(6443), socket(2379)].concat());
    host.refuses(
        &of(Role::ControlPlane),
        "whether it is a ready API server is unknown: Unable to connect",
    );

    host.put("/proc/net/tcp6", socket(2379));
    host.refuses(&of(Role::ControlPlane), "something listens on etcd's port 2379");
}

#[test]
fn a_control_plane_whose_api_server_is_not_ready_and_whose_member_learns_is_reset() {
    let host = Host::new();
    host.put("/proc/net/tcp", [socket(6443), socket(2379)].concat());
    let says = "Error from server (InternalError): an error on the server (\"[+]ping ok\\n[-]etcd failed\") has prevented the request from succeeding";
    host.program("kubectl", &format!("echo '{says}' >&2; exit 1"));
    let learner = Expected {
        learns: true,
        ..expected(Role::ControlPlane)
    };

    let ran = host.run(&reset(&learner));

    assert_eq!(ran.status, Some(0), "{ran:?}");
}

#[test]
fn data_of_an_etcd_that_goes_on_stays() {
    let host = Host::new();
    host.etcd("/var/lib/etcd");
    host.put("/proc/net/tcp", socket(2379));
    let sum = sum();
    let learner = Expected {
        learns: true,
        data: Some(("/var/lib/etcd", &sum)),
        ..expected(Role::ControlPlane)
    };
    host.program("sleep", ":");

    let ran = host.run(&reset(&learner));

    assert_eq!(ran.status, Some(1), "{ran:?}");
    assert!(ran.words.contains("the data in /var/lib/etcd stays"), "{ran:?}");
    assert!(host.has("/var/lib/etcd/member"));
}

#[test]
fn data_of_etcd_is_looked_for_where_the_inventory_the_manifest_and_kubeadm_have_it() {
    let host = Host::new();
    let command = RemoteCommand::reads(
        "look for data of etcd",
        concat!(
            include_str!("../shell/etcd_data.sh"),
            "etcd_directories \"$1\" >&2; etcd_head \"$1\" | base64 -w0 >&2\n"
        ),
    );
    let asked = |directory: &str| host.run(&command.clone().arg(directory)).words;
    assert_eq!(asked("/var/lib/etcd"), "end\n");

    host.etcd("/var/lib/etcd");
    host.etcd("/var/lib/mine");
    host.etcd("/etc/data");
    let named = |flag: &str| host.put("/etc/kubernetes/manifests/etcd.yaml", flag);
    let theirs = host.path("/etc/data").display().to_string();

    assert_eq!(asked("/var/lib/etcd"), format!("/var/lib/etcd\nend\n{LOG}"));
    assert_eq!(
        asked("/var/lib/mine"),
        format!("/var/lib/mine\n/var/lib/etcd\nend\n{LOG}")
    );
    for flag in [
        format!("    - --data-dir={theirs}\n"),
        format!("    - \"--data-dir={theirs}\"\r\n"),
    ] {
        named(&flag);
        assert_eq!(
            asked("/var/lib/etcd"),
            format!("/var/lib/etcd\n/etc/data\nend\n{LOG}"),
            "{flag}"
        );
    }
}
