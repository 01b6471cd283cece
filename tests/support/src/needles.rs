//! What must be nowhere: the run's token and certificate key, and every private key; and where it is looked for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::{host, lab, record};

/// The secrets of one run.
pub struct RunSecrets {
    pub token: String,
    pub certificate_key: String,
}

impl RunSecrets {
    /// Those of the build: told to nobody, but cp1's record holds a copy of the file that kubeadm read.
    pub fn of_the_build() -> Self {
        let inputs = record::of("cp1", "root");
        let file = inputs
            .iter()
            .map(record::Recorded::stdin_text)
            .find(|text| text.contains("kind: InitConfiguration"));
        let file = file.expect("cp1's record holds the file of its init");
        let value = |key: &str| {
            let line = file
                .lines()
                .find_map(|line| line.trim_start_matches([' ', '-']).strip_prefix(key));
            line.unwrap().trim().trim_matches('"').to_owned()
        };
        let secrets = Self {
            token: value("token:"),
            certificate_key: value("certificateKey:"),
        };
        assert_eq!((secrets.token.len(), secrets.certificate_key.len()), (23, 64));
        secrets
    }

    pub fn token_id(&self) -> &str {
        &self.token[..6]
    }

    /// The part of the token that is secret.
    fn token_secret(&self) -> &str {
        &self.token[7..]
    }
}

/// Texts to look for.
pub struct Needles(BTreeSet<String>);

/// Prints the lines of every private key, and a piece of every one that a kubeconfig holds encoded once more.
const KEYS: &str = r"
    grep -rl 'PRIVATE KEY' /etc/kubernetes /var/lib/kubelet/pki 2>/dev/null |
        xargs -r awk '/END.*PRIVATE KEY/ { inside = 0 } inside; /BEGIN.*PRIVATE KEY/ { inside = 1 }'
    sed -n 's/^ *client-key-data: //p' /etc/kubernetes/*.conf 2>/dev/null | cut -c 201-300";

impl Needles {
    /// The run's secrets and every private key on the hosts and of the operator.
    pub fn gather(secrets: &RunSecrets, hosts: &[String]) -> Self {
        let mut all = Self::of_keys(hosts).0;
        all.extend([secrets.token_secret().to_owned(), secrets.certificate_key.clone()]);
        Self(all)
    }

    /// Every private key on the hosts and of the operator.
    pub fn of_keys(hosts: &[String]) -> Self {
        let mut all = BTreeSet::new();
        for name in hosts {
            let lines = host::exec(name, KEYS);
            // The last line of a key may be too short to be anybody's own.
            all.extend(lines.lines().filter(|line| line.len() >= 40).map(str::to_owned));
        }
        all.extend(operators_key());
        assert!(all.len() > 200, "{} lines of keys are not all of them", all.len());
        Self(all)
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The first one in a text; its beginning only.
    pub fn found_in(&self, text: &str) -> Option<String> {
        let found = self.0.iter().find(|needle| text.contains(needle.as_str()));
        found.map(|needle| format!("{}…", needle.chars().take(8).collect::<String>()))
    }

    /// Files of a host that hold one, below folders but not below those left out. The list of needles lies in memory
    /// meanwhile.
    pub fn files_on(&self, name: &str, folders: &str, left_out: &[&str]) -> Vec<String> {
        let left_out: Vec<String> = left_out.iter().map(|path| format!("-path {path}")).collect();
        let script = format!(
            "cat >/dev/shm/needles
            find {folders} -xdev \\( {} \\) -prune -o -type f -print0 2>/dev/null |
                xargs -0 -r grep -lFf /dev/shm/needles -- 2>/dev/null
            journalctl --no-pager -a -o cat | grep -qFf /dev/shm/needles && echo journal
            rm /dev/shm/needles",
            left_out.join(" -o ")
        );
        let list = self.0.iter().cloned().collect::<Vec<_>>().join("\n");
        let reply = host::exec_with(name, &script, list.as_bytes());
        reply.lines().map(str::to_owned).collect()
    }

    /// Files below a folder of this machine that hold one; how many were looked at.
    pub fn files_here(&self, folder: &Path) -> (Vec<PathBuf>, usize) {
        let files = files_below(folder);
        let holds = |path: &PathBuf| {
            let bytes = std::fs::read(path).unwrap();
            self.found_in(&String::from_utf8_lossy(&bytes)).is_some()
        };
        let count = files.len();
        (files.into_iter().filter(holds).collect(), count)
    }
}

/// The lines of the operator's key that hold its secret part; those before are the same in all such keys or public.
fn operators_key() -> Vec<String> {
    let text = std::fs::read_to_string(lab::identity()).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('-')).skip(2);
    lines.filter(|line| line.len() >= 40).map(str::to_owned).collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .flat_map(|entry| {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                files_below(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}
