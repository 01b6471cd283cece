//! Every private key on every host and on the workstation, found by what files hold, is the table in
//! docs/reference/private-keys.md.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hawser::versions::kubernetes::makes_super_admin;
use support::host;

use crate::{CLUSTER, PROFILE};

/// Every file that holds a key, or says so, with its content. Image stores are nobody's to write a key to, and hold
/// what images bring; the record is the lab's.
const FIND: &str = "
    find /etc /var /root /home /opt /srv /tmp /run \\( -path /var/lib/containerd -o -path /run/containerd \
        -o -path /run/lab-record \\) -prune -o -type f -print0 2>/dev/null |
      xargs -0 -r grep -lasE 'BEGIN [A-Z ]*PRIVATE KEY-----|client-key-data: .' |
      while read -r file; do
        echo \"$(stat -c '%U:%G %a %n' \"$file\") $(base64 -w 0 \"$file\")\"
      done";

/// A key, where it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    path: String,
    owner_and_mode: String,
    /// As the line before it calls it.
    kind: String,
}

/// The keys of a text, each with its kind; those that a kubeconfig holds encoded once more too.
fn keys(text: &str) -> Vec<(String, String)> {
    let encoded = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("client-key-data: "))
        .flat_map(|key| keys(&String::from_utf8(STANDARD.decode(key).unwrap()).unwrap()));
    let plain = text.split("-----BEGIN ").skip(1).filter_map(|block| {
        let (kind, rest) = block.split_once("-----")?;
        let (body, _) = rest.split_once("-----END ")?;
        kind.ends_with("PRIVATE KEY")
            .then(|| (kind.to_owned(), body.to_owned()))
    });
    plain.chain(encoded).collect()
}

/// Names that hold a time, without it.
fn timeless(path: &str) -> String {
    match path.split_once("kubelet-client-") {
        Some((folder, _)) => format!("{folder}kubelet-client-*.pem"),
        None => path.to_owned(),
    }
}

fn on_hosts() -> BTreeMap<Place, Vec<(String, String)>> {
    let mut found: BTreeMap<Place, Vec<(String, String)>> = BTreeMap::new();
    for name in CLUSTER.hosts() {
        for line in host::exec(&name, FIND).lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let [owner, mode, path, content] = words[..] else {
                panic!("{name}: {line}");
            };
            let content = STANDARD.decode(content).unwrap();
            for (kind, key) in keys(&String::from_utf8_lossy(&content)) {
                let place = Place {
                    path: timeless(path),
                    owner_and_mode: format!("{owner} {mode}"),
                    kind,
                };
                found.entry(place).or_default().push((name.clone(), key));
            }
        }
    }
    found
}

/// A row of the table, but for the column that explains.
fn row(place: &Place, keys: &[(String, String)]) -> String {
    let hosts: BTreeSet<&str> = keys.iter().map(|(host, _)| host.as_str()).collect();
    let different: BTreeSet<&String> = keys.iter().map(|(_, key)| key).collect();
    let each = match different.len() {
        1 if hosts.len() == 1 => "no",
        1 => "yes",
        count if count == keys.len() => "no: one per host",
        _ => "some",
    };
    let Place {
        path,
        owner_and_mode,
        kind,
    } = place;
    format!(
        "| `{path}` | {} | {owner_and_mode} | {kind} | {each} |",
        group(&hosts)
    )
}

fn group(names: &BTreeSet<&str>) -> String {
    let all = CLUSTER.hosts();
    let of = |prefixes: &[&str]| -> BTreeSet<&str> {
        let is_one = |name: &&str| prefixes.iter().any(|prefix| name.starts_with(prefix));
        all.iter().map(String::as_str).filter(is_one).collect()
    };
    let groups = [
        ("all hosts", of(&[""])),
        ("control planes", of(&["cp"])),
        ("etcd hosts", of(&["etcd"])),
        ("nodes", of(&["cp", "w"])),
        ("nodes and etcd hosts", of(&["cp", "w", "etcd"])),
    ];
    let found = groups.iter().find(|(_, of_group)| of_group == names);
    found.map_or_else(
        || names.iter().copied().collect::<Vec<_>>().join(", "),
        |(group, _)| (*group).to_owned(),
    )
}

/// The keys in the workstation's own files, as rows.
fn on_the_workstation(folder: &Path) -> Vec<String> {
    let mut rows = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rows.extend(on_the_workstation(&path));
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        rows.extend(
            keys(&text)
                .iter()
                .map(|(kind, _)| format!("{name} {} {kind}", mode(&path))),
        );
    }
    rows
}

fn mode(path: &Path) -> String {
    use std::os::unix::fs::PermissionsExt;
    format!("{:o}", path.metadata().unwrap().permissions().mode() & 0o777)
}

/// The rows of this profile's table in the documents that are for this version, without the column that explains.
fn documented() -> BTreeSet<String> {
    let text = include_str!("../../docs/reference/private-keys.md");
    let heading = format!("## `{PROFILE}`");
    let section = text.split(&heading).nth(1).expect("a section of this profile");
    let table = section
        .lines()
        .skip_while(|line| !line.starts_with("| ---"))
        .skip(1);
    let kubeadm = host::exec("cp1", "kubeadm version -o short");
    let has_super_admin = makes_super_admin(kubeadm.trim().parse().unwrap());
    table
        .take_while(|line| line.starts_with('|'))
        .filter(|line| has_super_admin || !line.contains("/super-admin.conf"))
        .map(|line| {
            let cells: Vec<&str> = line.split(" | ").collect();
            format!("{} |", cells[..5].join(" | "))
        })
        .collect()
}

#[test]
fn a45_the_private_keys_on_all_hosts_are_those_of_the_table() {
    let found: BTreeSet<String> = on_hosts().iter().map(|(place, keys)| row(place, keys)).collect();

    println!("{}", Vec::from_iter(found.clone()).join("\n"));
    assert_eq!(found, documented());
}

#[test]
fn a45_the_workstation_has_no_private_key_but_in_the_kubeconfig_that_was_asked_for() {
    let workstation = CLUSTER.builder();
    let after_the_build = on_the_workstation(workstation.folder());

    let kubeconfig = workstation.kubeconfig();

    let with_it = on_the_workstation(workstation.folder());
    std::fs::remove_file(kubeconfig).unwrap();
    assert_eq!(after_the_build, Vec::<String>::new());
    assert_eq!(with_it, ["kubeconfig 600 RSA PRIVATE KEY"]);
}
