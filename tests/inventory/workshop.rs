//! A folder with the files that inventories name, and how an inventory is loaded there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::OnceLock;

use hawser::error::Problem;
use hawser::inventory::{Colours, Loaded, load};

/// A folder with the files that inventories here name; it is the process' own, so that messages name no other path.
pub(crate) fn enter_folder() {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        std::env::set_current_dir(folder.path()).unwrap();
        let private_key =
            "-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5\n-----END OPENSSH PRIVATE KEY-----\n";
        write("id_demo", private_key, 0o600);
        write("id_open", private_key, 0o644);
        write("id_demo.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 demo\n", 0o644);
        write(
            "pod-network.yaml",
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: net}\n",
            0o644,
        );
        write("registry-credentials", "me:correct horse\n", 0o600);
        write("registry-open", "me:correct horse\n", 0o644);
        write("registry-half", "correct horse\n", 0o600);
        write("page.yaml", "<!doctype html>\n<title>Not found</title>\n", 0o644);
        write("kubernetes.asc", include_str!("../data/repository.asc"), 0o644);
        write("two-keys.asc", include_str!("../data/two-keys.asc"), 0o644);
        write(
            "audit-policy.yaml",
            "apiVersion: audit.k8s.io/v1\nkind: Policy\n",
            0o644,
        );
        fs::create_dir("manifests").unwrap();
        write(
            "manifests/2.yml",
            "{apiVersion: v1, kind: ServiceAccount}\n",
            0o644,
        );
        write(
            "manifests/1.yaml",
            "{apiVersion: v1, kind: Namespace}\n---\n{apiVersion: v1, kind: Secret}\n",
            0o644,
        );
        write("manifests/README", "not a manifest\n", 0o644);
        fs::create_dir("empty").unwrap();
        for folder in [
            "templates",
            "templates/kubeadm",
            "templates-odd",
            "patches",
            "patches-odd",
            "packages-odd",
        ] {
            fs::create_dir(folder).unwrap();
        }
        write(
            "templates/kubeadm/kube-proxy.yaml.j2",
            "kind: KubeProxyConfiguration\n",
            0o644,
        );
        write("templates/.gitignore", "*.swp\n", 0o644);
        write("templates-odd/haproxy.conf.j2", "global\n", 0o644);
        write(
            "patches/kube-apiserver+merge.yaml",
            "metadata: {labels: {tier: front}}\n",
            0o644,
        );
        write("patches/etcd0.json", "{\"spec\": {}}\n", 0o644);
        write("patches-odd/kube-apiserver+patch.yaml", "metadata: {}\n", 0o644);
        write("packages-odd/kubeadm.deb", "<!doctype html>\n", 0o644);
        folder
    });
}

pub(crate) fn write(path: &str, content: &str, mode: u32) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

pub(crate) const GOOD: &str = include_str!("../inventories/good.toml");

/// The good inventory with each `from` replaced by its `to`, once.
pub(crate) fn good_but(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(GOOD.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the good inventory has no {from}");
        text.replacen(from, to, 1)
    })
}

pub(crate) fn load_text(file: &str, text: &str) -> Result<Loaded, Problem> {
    enter_folder();
    fs::write(file, text).unwrap();
    load(Path::new(file), Colours::Plain)
}

pub(crate) fn rendered(result: Result<Loaded, Problem>) -> (usize, String) {
    match result {
        Ok(loaded) => (0, loaded.warnings.join("\n")),
        Err(Problem::Inventory { count, rendered, .. }) => (count, rendered),
        Err(other) => panic!("not about the inventory: {other}"),
    }
}
