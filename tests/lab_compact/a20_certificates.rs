//! The guide's manual distribution: exactly its files, and nothing by way of the cluster.

use support::{host, record};

use crate::CLUSTER;
use crate::cluster::{HOSTS, SHARED, mode, sum};

#[test]
fn a20_joiners_have_the_files_of_the_guide_with_owner_and_mode() {
    for path in SHARED {
        let expected = if path.contains(".crt") {
            "root:root 644"
        } else {
            "root:root 600"
        };
        for name in ["cp2", "cp3"] {
            assert_eq!(mode(name, path), expected, "{path} on {name}");
            assert_eq!(sum(name, path), sum("cp1", path), "{path} on {name}");
        }
    }
}

#[test]
fn a20_everything_else_is_each_hosts_own() {
    let others = "cd /etc/kubernetes/pki && find . -type f | sed 's,^./,,' | sort";
    for name in HOSTS {
        let files = host::exec(name, others);
        for path in files.lines().filter(|path| !SHARED.contains(path)) {
            assert!(!path.contains(".hawser"), "{name}: {path} is left over");
            let same = HOSTS.iter().filter(|other| sum(other, path) == sum(name, path));
            assert_eq!(same.count(), 1, "{path} of {name} is on another host too");
        }
    }
}

#[test]
fn a20_nothing_was_uploaded() {
    for name in HOSTS {
        for recorded in record::of(name, "root") {
            let reported = recorded.stdin_text();
            assert!(
                !recorded.command.contains("upload-certs"),
                "{name}: {}",
                recorded.command
            );
            assert!(
                !reported.contains("certificateKey"),
                "{name}: {}",
                recorded.command
            );
        }
    }
    let left = CLUSTER.at_the_endpoint().kubectl.secrets_of_runs();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn a20_only_the_joiners_received_keys_and_only_once() {
    let receives = |name: &str| {
        let key = "/etc/kubernetes/pki/ca.key ";
        let inputs = record::of(name, "root");
        let handed = inputs
            .iter()
            .filter(|recorded| recorded.command.contains("base64 -d") && recorded.stdin_text().contains(key));
        handed.count()
    };

    assert_eq!(HOSTS.map(receives), [0, 1, 1]);
}
