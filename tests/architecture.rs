//! The house rules that no compiler checks: who may use whom, where the world is touched, how files are named and sized.
//! A failure names the rule and the file.
#![cfg(test)]

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// A module and those that it may use besides itself, in layer order.
const LAYERS: &[(&str, &[&str])] = &[
    // Vocabulary.
    ("templates", &[]),
    ("archive", &[]),
    ("versions", &[]),
    ("topology", &["templates", "archive", "versions"]),
    ("values", &[]),
    ("ca", &[]),
    ("manifests", &[]),
    ("pki", &["topology", "values", "ca"]),
    ("error", &["topology"]),
    // What a host receives, and what it answered.
    ("remote", VOCABULARY),
    ("inventory", VOCABULARY),
    ("facts", VOCABULARY),
    // Decisions.
    (
        "check",
        &["versions", "topology", "ca", "pki", "error", "remote", "facts"],
    ),
    ("plan", &["archive", "topology", "values", "pki", "remote"]),
    (
        "steps",
        &[
            "archive", "versions", "topology", "values", "pki", "remote", "facts", "plan",
        ],
    ),
    (
        "planner",
        &[
            "archive",
            "versions",
            "topology",
            "values",
            "ca",
            "manifests",
            "pki",
            "error",
            "remote",
            "facts",
            "plan",
            "steps",
        ],
    ),
    ("verify", &["topology", "remote", "facts"]),
    ("events", &["topology", "error", "plan"]),
    // The world.
    (
        "engine",
        &[
            "archive", "topology", "values", "ca", "pki", "error", "remote", "plan", "events",
        ],
    ),
    ("ssh", &["archive", "topology", "error", "remote"]),
    ("tls", &[]),
    // People and machines who watch.
    ("report", &["topology", "error", "check", "plan", "events"]),
    (
        "cli",
        &[
            "archive",
            "topology",
            "values",
            "pki",
            "error",
            "remote",
            "inventory",
            "facts",
            "check",
            "plan",
            "planner",
            "verify",
            "events",
            "engine",
            "ssh",
            "tls",
            "report",
        ],
    ),
    ("main", &["cli"]),
    ("lib", &[]),
];

const VOCABULARY: &[&str] = &[
    "templates",
    "archive",
    "versions",
    "topology",
    "values",
    "ca",
    "manifests",
    "pki",
    "error",
];

/// What may stand only below these paths, and why.
const ONLY_IN: &[(&[&str], &[&str], &str)] = &[
    (&["russh::"], &["src/ssh/"], "SSH is spoken in one place"),
    (
        &["indicatif::"],
        &["src/report/", "src/cli/watching.rs"],
        "the engine and the planner know no terminal",
    ),
    (
        &["print!(", "println!(", "eprint!(", "eprintln!("],
        &["src/cli/", "src/report/"],
        "everything else tells what happened by events",
    ),
    (
        &["sleep("],
        &["src/engine/", "src/cli/apply.rs"],
        "waiting is for a condition, with a deadline, where it can be interrupted",
    ),
    (
        &["include_str!(\"scripts/", "concat!(\"scripts/\""],
        &["src/remote/"],
        "commands come from remote alone",
    ),
    (
        &["unsafe {", "unsafe fn", "unsafe impl"],
        &[],
        "nothing here needs it",
    ),
];

/// Names under which anything could be put.
const NAMES_OF_NOTHING: &[&str] = &["utils", "util", "helpers", "common", "misc", "imp", "manager"];

/// Past this, a type is missing.
const LONGEST: usize = 350;

#[test]
fn each_module_uses_only_what_lies_below_it() {
    let mut broken = String::new();
    for source in sources() {
        let module = source.module();
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == module) else {
            let _ = writeln!(broken, "{}: LAYERS does not name {module}", source.path);
            continue;
        };
        for (line, used) in source.uses() {
            if used != module && !allowed.contains(&used.as_str()) {
                let _ = writeln!(broken, "{}:{line}: {module} may not use {used}", source.path);
            }
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

#[test]
fn the_world_is_touched_where_it_belongs() {
    let mut broken = String::new();
    for source in sources() {
        for (line, code) in source.code() {
            for (words, places, reason) in ONLY_IN {
                let found = words.iter().find(|word| code.contains(**word));
                let allowed = places.iter().any(|place| source.path.starts_with(place));
                if let (Some(word), false) = (found, allowed) {
                    let _ = writeln!(
                        broken,
                        "{}:{line}: `{word}` only in {places:?}: {reason}",
                        source.path
                    );
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

#[test]
fn files_say_what_they_hold_and_fit_on_a_few_screens() {
    let mut broken = String::new();
    for source in sources() {
        let path = Path::new(&source.path);
        let is_about_nothing = path
            .iter()
            .filter_map(|part| Path::new(part).file_stem()?.to_str())
            .any(|name| NAMES_OF_NOTHING.contains(&name));
        if is_about_nothing {
            let _ = writeln!(broken, "{}: a name that says nothing", source.path);
        }
        if source.lines.len() > LONGEST {
            let _ = writeln!(
                broken,
                "{}: {} lines before its tests",
                source.path,
                source.lines.len()
            );
        }
        if !source.lines.first().is_some_and(|line| line.starts_with("//! ")) {
            let _ = writeln!(broken, "{}: does not say what it owns (`//!`)", source.path);
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

/// Where standard error is read beside standard output, and why that is no data.
const BOTH_OUTPUTS: &[(&str, &str)] = &[
    ("apart.sh", "keeps the two apart"),
    ("answers.sh", "keeps the two apart"),
    (
        "apt.sh",
        "shown to people; the lock's own words only have it ask again",
    ),
    (
        "haproxy_socket.sh",
        "how nc is used: some tell that on standard error",
    ),
    ("try_ways.sh", "nc's reason, where no connection was made"),
];

/// A warning on standard error would be taken for an answer: `apart` keeps it for people.
#[test]
fn no_script_reads_standard_error_as_data() {
    let mut broken = String::new();
    for path in files("src/remote/scripts", "sh") {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let is_read = |line: &&str| {
            let mut parts = line.split("2>&1").skip(1).map(|rest| {
                let rest = rest.trim_start();
                rest.strip_prefix(">/dev/null").unwrap_or(rest).trim_start()
            });
            parts.any(|rest| rest.starts_with(')') || (rest.starts_with('|') && !rest.starts_with("||")))
        };
        let found: Vec<&str> = text.lines().filter(is_read).collect();
        let is_listed = BOTH_OUTPUTS.iter().any(|(listed, _)| *listed == name);
        if found.is_empty() == is_listed {
            let _ = writeln!(broken, "{name}: listed {is_listed}, and reads both: {found:?}");
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

#[test]
fn every_script_is_sent_by_a_command() {
    let remote: String = sources()
        .filter(|source| source.module() == "remote")
        .flat_map(|source| source.lines)
        .collect();
    let unused: Vec<PathBuf> = files("src/remote/scripts", "sh")
        .into_iter()
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap();
            !remote.contains(&format!("\"scripts/{name}\"")) && !remote.contains(&format!("\"{name}\""))
        })
        .collect();

    assert_eq!(unused, Vec::<PathBuf>::new());
}

#[test]
fn every_dependency_is_used_and_has_its_line_in_the_record() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let record = read("docs/adr/0009-dependencies.md");
    let code: String = ["src", "tests"]
        .iter()
        .flat_map(|folder| files(folder, "rs"))
        .map(read)
        .collect();
    let names = ["dependencies", "dev-dependencies"]
        .iter()
        .flat_map(|table| manifest[*table].as_table().unwrap().keys());

    let amiss: Vec<&String> = names
        .filter(|name| {
            let is_recorded = record.contains(&format!("| `{name}` |"));
            let path = format!("{}::", name.replace('-', "_"));
            !is_recorded || !code.contains(&path)
        })
        .collect();

    assert_eq!(amiss, Vec::<&String>::new());
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut broken = String::new();
    let documents = ["docs", "lab", "src", "templates", "tests", "bench"]
        .iter()
        .flat_map(|folder| files(folder, "md"));
    let at_the_root = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"].map(PathBuf::from);
    for document in documents.chain(at_the_root) {
        let text = read(&document);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let folder = document.parent().unwrap_or(Path::new(""));
            if !root().join(folder).join(target).exists() {
                let _ = writeln!(broken, "{}: {link}", document.display());
            }
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

#[test]
fn a_path_to_a_module_is_seen_in_code_and_not_in_comments() {
    let source = Source {
        path: "src/engine/poll.rs".to_owned(),
        lines: [
            "//! See crate::cli.",
            "use crate::ssh::Session;",
            "    crate::planner::plan(a, crate::facts::b)",
        ]
        .map(str::to_owned)
        .to_vec(),
    };

    let uses: Vec<_> = source.uses().collect();

    assert_eq!(source.module(), "engine");
    assert_eq!(
        uses,
        [(2, "ssh"), (3, "planner"), (3, "facts")].map(|(line, name)| (line, name.to_owned()))
    );
}

/// A source file up to its tests.
struct Source {
    path: String,
    lines: Vec<String>,
}

impl Source {
    /// Its module, the one right below the crate.
    fn module(&self) -> String {
        let below = self.path.trim_start_matches("src/");
        below.split(['/', '.']).next().unwrap_or_default().to_owned()
    }

    /// The lines that hold code, numbered from 1.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.lines.iter().enumerate();
        numbered
            .map(|(index, line)| (index + 1, line.trim()))
            .filter(|(_, line)| !line.starts_with("//"))
    }

    /// The modules it names by a path that starts at the crate.
    fn uses(&self) -> impl Iterator<Item = (usize, String)> {
        let crate_name = if self.module() == "main" {
            "hawser::"
        } else {
            "crate::"
        };
        self.code().flat_map(move |(line, code)| {
            code.split(crate_name).skip(1).map(move |rest| {
                (
                    line,
                    rest.chars()
                        .take_while(|c| c.is_alphanumeric() || *c == '_')
                        .collect(),
                )
            })
        })
    }
}

/// Every source file; what is only compiled for tests is not looked at.
fn sources() -> impl Iterator<Item = Source> {
    files("src", "rs").into_iter().filter_map(|path| {
        let path_text = path.to_str().unwrap().to_owned();
        let is_test = path_text.contains("/tests")
            || path_text.ends_with("/fake_host.rs")
            || path_text.ends_with("/sample.rs")
            || path_text.ends_with("/captured.rs");
        let text = read(&path);
        let lines = text.lines().map(str::to_owned);
        let lines: Vec<String> = match text.find("#[cfg(test)]\nmod tests {") {
            Some(end) => text[..end].lines().map(str::to_owned).collect(),
            None => lines.collect(),
        };
        (!is_test).then_some(Source {
            path: path_text,
            lines,
        })
    })
}

/// The files below a folder, relative to the root, sorted; none where there is no such folder.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
