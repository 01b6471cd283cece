//! The inventories, and what hosts have.

use std::path::{Path, PathBuf};

use support::hawser::Workstation;
use support::{host, lab};

/// What a node has, in the order of dpkg's names.
pub(crate) const KUBERNETES: [&str; 3] = ["kubeadm", "kubectl", "kubelet"];

/// A profile's inventory. Swap is switched off too, where the machine has none that a host could take from it.
pub(crate) fn text(profile: &str) -> String {
    let text = lab::inventory_text(profile);
    let places = std::fs::read_to_string("/proc/swaps").unwrap();
    if places.lines().count() > 1 {
        eprintln!("SKIPPED: this machine has swap, which its hosts share: it stays on");
        return text;
    }
    text.replace("swap = \"keep\"", "swap = \"off\"")
}

/// What dpkg says of a node's packages that were made for the cluster's version and are kept at it.
pub(crate) fn kept() -> [String; 3] {
    let version = lab::version().trim_start_matches('v');
    KUBERNETES.map(|name| format!("{name} {version}-1.1 hold"))
}

/// The version that the repository has besides: the next patch.
pub(crate) fn next() -> String {
    let (series, patch) = lab::version().trim_start_matches('v').rsplit_once('.').unwrap();
    format!("{series}.{}", patch.parse::<u32>().unwrap() + 1)
}

/// An inventory without these hosts.
pub(crate) fn without(names: &[&str], text: &str) -> String {
    let is_one = |entry: &&str| {
        names
            .iter()
            .any(|name| entry.starts_with(&format!("name = \"{name}\"\n")))
    };
    let entries = text.split("[[hosts]]\n").filter(|entry| !is_one(entry));
    entries.collect::<Vec<_>>().join("[[hosts]]\n")
}

/// What is brought to hosts that have no images.
pub(crate) fn archive() -> PathBuf {
    lab::folder().join("run/images.tar")
}

/// The workstation that builds; what it writes stays for the tests.
pub(crate) fn workstation(profile: &str) -> Workstation {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lab-{profile}"));
    std::fs::create_dir_all(&folder).unwrap();
    let inventory = folder.join("inventory.toml");
    std::fs::write(&inventory, text(profile)).unwrap();
    Workstation::at(&folder, inventory)
}

/// Lines `NAME VERSION WANT`, of what is installed of these packages.
pub(crate) fn packages(name: &str, packages: &[&str]) -> Vec<String> {
    let script = format!(
        "dpkg-query -W -f '${{Package}} ${{Version}} ${{db:Status-Want}} ${{db:Status-Status}}\\n' {} 2>/dev/null | sed -n 's/ installed$//p'",
        packages.join(" ")
    );
    host::try_exec(name, &script)
        .stdout
        .lines()
        .map(str::to_owned)
        .collect()
}

/// Whether a host has a program.
pub(crate) fn has(name: &str, program: &str) -> bool {
    host::is_so(name, &format!("command -v {program} >/dev/null"))
}
