//! A repository that another key signs than the inventory's: told, and nothing is installed from it.

use std::path::Path;

use support::hawser::{BUILD, Workstation};
use support::lab;

use crate::bare::{packages, text};

#[test]
fn a04_a_repository_that_another_key_signs_is_refused() {
    let other = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/repository.asc");
    let own = lab::folder().join("run/repository.asc").display().to_string();
    let inventory = text("bare").replace(&own, &other.display().to_string());
    assert!(inventory.contains("tests/data/repository.asc"), "{inventory}");
    let workstation = Workstation::with_text(&inventory);

    let ran = workstation.hawser(&["apply", "--yes"], BUILD).exits(1);

    let reply = format!("{}{}", ran.stdout, ran.stderr);
    let reply = reply.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(reply.contains("NO_PUBKEY"), "{reply}");
    assert!(
        reply.contains(&format!(
            "'http://10.77.0.5/core:/stable:/v1.{}/deb InRelease' is not signed",
            lab::minor()
        )),
        "{reply}"
    );
    for name in ["cp1", "cp2", "cp3", "w1", "w2"] {
        let installed = packages(name, &["kubeadm", "kubelet", "kubectl", "containerd"]);
        assert_eq!(installed, Vec::<String>::new(), "{name}");
    }
}
