//! The lab, by its own command.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::process::{Ran, run};

/// The virtual IP of all profiles.
pub const VIP: &str = "10.77.0.100";

/// The first time in a checkout, hosts are made from nothing.
const UP: Duration = Duration::from_secs(20 * 60);
const QUICK: Duration = Duration::from_secs(120);

/// The lab's folder in the checkout.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .join("lab")
}

/// A profile's inventory, which fits the programs that the lab has.
pub fn inventory(profile: &str) -> PathBuf {
    PathBuf::from(lab(&["inventory", profile], QUICK).stdout.trim())
}

/// Its text, which means the same wherever it lies.
pub fn inventory_text(profile: &str) -> String {
    let text = std::fs::read_to_string(inventory(profile)).unwrap();
    ["run/", "pod-network/"].iter().fold(text, |text, name| {
        text.replace(&format!("\"{name}"), &format!("\"{}/{name}", folder().display()))
    })
}

/// The version of Kubernetes that the programs are of, such as v1.20.2.
pub fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| lab(&["version"], QUICK).stdout.trim().to_owned())
}

/// Its second number.
pub fn minor() -> u32 {
    let number = version().split('.').nth(1).and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("not a version: {}", version()))
}

/// Whether the machine's inotify instances do not do for a control plane more beside ten
/// hosts: each takes twenty since 1.22.
pub fn is_crowded() -> bool {
    let allowed = std::fs::read_to_string("/proc/sys/fs/inotify/max_user_instances").unwrap();
    minor() >= 22 && allowed.trim().parse::<u32>().unwrap() < 256
}

/// Cuts the power of hosts that have it.
pub fn switch_off(names: impl Iterator<Item = String>) {
    let running = run(
        Command::new("docker").args(["ps", "--format", "{{.Names}}"]),
        QUICK,
    )
    .exits(0);
    names
        .filter(|name| running.stdout.lines().any(|running| running == name))
        .for_each(|name| kill(&name));
}

/// A host more, as an inventory names it.
pub fn host_entry(name: &str, address: &str, role: &str) -> String {
    format!("\n[[hosts]]\nname = \"{name}\"\naddress = \"{address}\"\nroles = [\"{role}\"]\n")
}

fn lab(arguments: &[&str], limit: Duration) -> Ran {
    run(Command::new(folder().join("lab")).args(arguments), limit).exits(0)
}

/// Starts the hosts of a profile afresh, on whatever was there.
pub fn up(profile: &str) {
    lab(&["up", profile], UP);
}

/// Removes all hosts.
pub fn down() {
    lab(&["down"], QUICK);
}

/// Starts one more host.
pub fn add(name: &str, address: &str) {
    lab(&["add", &format!("{name}={address}")], QUICK);
}

/// Cuts a host's power, if it has any, and gives it back.
pub fn power_cycle(name: &str) {
    lab(&["power-cycle", name], QUICK);
}

/// Cuts a host's power.
pub fn kill(name: &str) {
    run(Command::new("docker").args(["kill", name]), QUICK).exits(0);
}

/// `on`, `off` or `clear`: whether hosts note what comes over SSH.
pub fn record(what: &str) {
    lab(&["record", what], QUICK);
}

/// Names and addresses of a profile's hosts.
pub fn hosts(profile: &str) -> Vec<(String, String)> {
    let text = lab(&["hosts", profile], QUICK).stdout;
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs
        .map(|(name, address)| (name.to_owned(), address.to_owned()))
        .collect()
}

/// A host's address.
pub fn address(profile: &str, name: &str) -> String {
    let host = hosts(profile).into_iter().find(|(known, _)| known == name);
    host.unwrap_or_else(|| panic!("no host {name} in {profile}")).1
}

/// Where the API is asked: at `ADDRESS:PORT`, or at `ADDRESS` and the usual port.
pub fn server(at: &str) -> String {
    if at.contains(':') {
        format!("https://{at}")
    } else {
        format!("https://{at}:6443")
    }
}

/// The folder of the lab's Kubernetes programs.
pub fn programs() -> PathBuf {
    PathBuf::from(lab(&["path", "bin"], QUICK).stdout.trim())
}

/// What kubeadm calls its images.
pub fn images() -> Vec<String> {
    let mut kubeadm = Command::new(programs().join("kubeadm"));
    kubeadm.args(["config", "images", "list", "--kubernetes-version", version()]);
    let listed = run(&mut kubeadm, QUICK).exits(0).stdout;
    listed.lines().map(str::to_owned).collect()
}

/// The private key that all hosts accept.
pub fn identity() -> PathBuf {
    folder().join("run/id_ed25519")
}

/// The hosts' keys.
pub fn known_hosts() -> PathBuf {
    folder().join("run/known_hosts")
}
