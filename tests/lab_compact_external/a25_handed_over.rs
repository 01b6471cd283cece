//! The guide's manual distribution where etcd has hosts of its own: exactly its files, and
//! nothing by way of the cluster.

use support::external::{CONTROL_PLANES, SHARED, shared_sums};
use support::{host, record};

use crate::CLUSTER;

#[test]
fn a25_joiners_have_the_files_of_the_guide_with_owner_and_mode() {
    for name in CONTROL_PLANES {
        assert_eq!(shared_sums(name), shared_sums("cp1"), "{name}");
        for path in SHARED {
            let expected = if path.contains(".crt") {
                "root:root 644"
            } else {
                "root:root 600"
            };
            let mode = host::exec(name, &format!("stat -c '%U:%G %a' /etc/kubernetes/pki/{path}"));
            assert_eq!(mode.trim(), expected, "{path} on {name}");
        }
    }
}

#[test]
fn a25_nothing_was_uploaded() {
    for name in CLUSTER.hosts() {
        for recorded in record::of(&name, "root") {
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
