//! The house rules that no compiler checks: who may use whom, where the world is touched, how files are named and
//! sized. A failure names the rule and the file.
#![cfg(test)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use hawser::plan::PhaseName;
use hawser::planner;
use measures::circles::circles;
use measures::journey::journeys;
use measures::source::source_files;

/// A module and those that it may use besides itself, in layer order. A part of a module that has its own place in the
/// order is named by its path, and stands for itself alone; the rest of its module may use it.
const LAYERS: &[(&str, &[&str])] = &[
    // Vocabulary.
    ("templates", &[]),
    ("archive", &[]),
    ("versions", &[]),
    ("topology", &["templates", "archive", "versions"]),
    ("ca", &[]),
    ("values", &["topology", "ca"]),
    ("manifests", &[]),
    ("pki", &["topology", "values", "ca"]),
    ("error", &["topology"]),
    // Commands on their way, what was written, and what hosts answered.
    ("remote::wire", &["archive", "values", "error"]),
    ("inventory", VOCABULARY),
    ("facts", VOCABULARY),
    ("ssh_config", &["error"]),
    // Decisions.
    ("plan", &["topology", "values", "pki", "remote::wire"]),
    // Of each subject what a host receives, and the steps that send it.
    (
        "remote",
        &[
            "templates",
            "archive",
            "versions",
            "topology",
            "values",
            "ca",
            "manifests",
            "pki",
            "error",
            "facts",
            "plan",
        ],
    ),
    (
        "check",
        &["versions", "topology", "ca", "pki", "error", "remote", "facts"],
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
        ],
    ),
    ("verify", &["topology", "remote", "facts"]),
    ("events", &["topology", "error", "plan"]),
    // The world. The engine knows commands, conditions, values and time: what is sent and how it is created is known to
    // those below it here.
    (
        "engine",
        &[
            "topology",
            "values",
            "error",
            "remote::wire",
            "remote::lease",
            "plan",
            "events",
        ],
    ),
    ("issuer", &["values", "pki", "error", "plan", "engine"]),
    (
        "transfer",
        &[
            "archive",
            "topology",
            "values",
            "pki",
            "error",
            "remote::wire",
            "remote::images",
            "plan",
            "events",
            "engine",
        ],
    ),
    (
        "ssh",
        &["archive", "topology", "error", "remote::wire", "ssh_config"],
    ),
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
            "issuer",
            "transfer",
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
        &["src/report/", "src/cli/watchers.rs"],
        "the engine and the planner know no terminal",
    ),
    (
        &["print!(", "println!(", "eprint!(", "eprintln!("],
        &["src/cli/", "src/report/"],
        "everything else tells what happened by events",
    ),
    (
        &["sleep("],
        &["src/engine/", "src/cli/pace.rs"],
        "waiting is for a condition, with a deadline, where it can be interrupted",
    ),
    (&[".sh\""], &["src/remote/"], "commands come from remote alone"),
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

/// As wide as a comment may be, with its indentation: two of them fit beside each other on a screen.
const WIDEST_COMMENT: usize = 120;

#[test]
fn comments_wrap_at_120_columns() {
    let mut broken = String::new();
    let rust = ["src", "tests"].map(|folder| (files(folder, "rs"), "//"));
    let shell = ["src", "tests", "lab", "bench"].map(|folder| (files(folder, "sh"), "#"));
    for (paths, mark) in rust.into_iter().chain(shell) {
        for path in paths {
            if path.starts_with("lab/run") {
                continue;
            }
            for (number, line) in (1..).zip(read(&path).lines()) {
                let width = line.chars().count();
                // What a script needs is read by a program.
                let is_comment = line.trim_start().starts_with(mark) && !line.starts_with("# needs: ");
                if is_comment && width > WIDEST_COMMENT {
                    let _ = writeln!(broken, "{}:{number}: {width} columns", path.display());
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

#[test]
fn each_module_uses_only_what_lies_below_it() {
    let mut broken = String::new();
    for source in sources() {
        let path = source.module_path();
        let entries = LAYERS.iter().filter(|(name, _)| is_in(&path, name));
        let Some((module, allowed)) = entries.max_by_key(|(name, _)| name.len()) else {
            let _ = writeln!(broken, "{}: LAYERS does not name {path}", source.path);
            continue;
        };
        let climbs = |(_, code): &(usize, &str)| code.contains("super::super::");
        if module.contains("::") && source.code().any(|line| climbs(&line)) {
            let _ = writeln!(
                broken,
                "{}: `super::super::` leads out of {module} unseen",
                source.path
            );
        }
        for (line, used) in source.uses() {
            if !is_in(&used, module) && !allowed.iter().any(|name| is_in(&used, name)) {
                let _ = writeln!(broken, "{}:{line}: {module} may not use {used}", source.path);
            }
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

/// Whether a path leads to a module, or into it.
fn is_in(path: &str, module: &str) -> bool {
    path.strip_prefix(module)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
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

/// Over ssh bash reads root's .bashrc even for a script, and what that says would be taken for an answer.
#[test]
fn bash_is_started_in_one_place_and_with_nobodys_own_files() {
    let starts = |line: &&str| {
        let line = line.replace("command -v bash", "");
        !line.trim_start().starts_with('#') && (line.contains(" bash ") || line.contains("(bash "))
    };
    let mut found = vec![];
    for path in files("src/remote", "sh") {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().filter(starts);
        found.extend(lines.map(|line| format!("{name}: {}", line.trim())));
    }
    let [only] = found.as_slice() else {
        panic!("{found:#?}")
    };
    assert!(
        only.starts_with("dial.sh: ") && only.contains("env -u SSH_CLIENT "),
        "{only}"
    );
    assert!(only.contains(" bash --norc --noprofile "), "{only}");
}

/// Where standard error is read beside standard output, and why that is no data.
const BOTH_OUTPUTS: &[(&str, &str)] = &[
    ("apart.sh", "keeps the two apart"),
    ("answers.sh", "keeps the two apart"),
    (
        "apt.sh",
        "shown to people; the lock's own words only have it ask again",
    ),
];

/// A warning on standard error would be taken for an answer: `apart` keeps it for people.
#[test]
fn no_script_reads_standard_error_as_data() {
    let mut broken = String::new();
    for path in files("src/remote", "sh") {
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
fn every_script_is_sent_by_a_command_and_every_function_is_needed_by_one() {
    let remote: String = sources()
        .filter(|source| source.module() == "remote")
        .flat_map(|source| source.lines)
        .collect();
    let needed: Vec<String> = files("src/remote", "sh")
        .iter()
        .filter_map(|path| {
            read(path)
                .lines()
                .next()?
                .strip_prefix("# needs: ")
                .map(str::to_owned)
        })
        .collect();
    let is_unused = |path: &PathBuf| {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap();
        let is_needed = needed
            .iter()
            .any(|names| names.split(' ').any(|needed| needed == name));
        let is_function_of_one = path.starts_with("src/remote/shell") && is_needed;
        let is_named = [format!("\"{name}.sh\""), format!("/{name}.sh\"")]
            .iter()
            .any(|literal| remote.contains(literal));
        !is_named && !is_function_of_one
    };
    let unused: Vec<PathBuf> = files("src/remote", "sh").into_iter().filter(is_unused).collect();

    assert_eq!(unused, Vec::<PathBuf>::new());
}

/// `lab/shellcheck.sh` reports a script by its name.
#[test]
fn no_two_scripts_have_one_name() {
    let mut names = BTreeMap::new();
    for path in files("src/remote", "sh") {
        let name = path.file_name().unwrap().to_owned();
        let other = names.insert(name, path.clone());
        assert_eq!(other, None, "{}", path.display());
    }
}

/// Once for scripts, and once for the program: in `topology::run_folder`.
#[test]
fn a_runs_folder_on_hosts_is_named_once() {
    let named = |text: &str| {
        let code = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let places = code.flat_map(|line| line.split("/run/hawser").skip(1));
        // The folders of single transfers lie beside it.
        places.filter(|rest| !rest.starts_with("-pass.")).count()
    };
    let found: Vec<PathBuf> = files("src/remote", "sh")
        .into_iter()
        .filter(|path| named(&read(path)) > 0)
        .collect();

    assert_eq!(found, [Path::new("src/remote/shell/run_folder.sh")]);
    let line = format!("run_folder={}", hawser::topology::RUN_FOLDER);
    assert!(
        read("src/remote/shell/run_folder.sh")
            .lines()
            .any(|found| found == line)
    );
}

#[test]
fn what_destroys_is_in_the_table_of_safety() {
    let table = read("docs/reference/safety.md");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let tests: Vec<String> = ["src", "tests"]
        .iter()
        .flat_map(|folder| files(folder, "rs"))
        .map(read)
        .collect();
    let commands: Vec<String> = files("src/remote", "rs")
        .into_iter()
        .flat_map(destructive)
        .collect();
    assert!(!commands.is_empty(), "no command destroys anything");
    for name in &commands {
        let row = rows
            .iter()
            .find(|row| row.first() == Some(&format!("`{name}`").as_str()));
        let row = row.unwrap_or_else(|| panic!("docs/reference/safety.md has no row for `{name}`"));
        assert_eq!(
            row.len(),
            5,
            "docs/reference/safety.md: the row of `{name}` has not five cells"
        );
        assert!(
            row.iter().all(|cell| cell.len() > 2),
            "docs/reference/safety.md: a cell of `{name}` is empty"
        );
        for test in row
            .last()
            .into_iter()
            .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        {
            let is_there = tests.iter().any(|text| text.contains(&format!("fn {test}(")));
            assert!(
                is_there,
                "docs/reference/safety.md: the test `{test}` of `{name}` is not there"
            );
        }
    }
    for row in rows {
        let name = row
            .first()
            .copied()
            .unwrap_or_default()
            .trim_matches('`')
            .to_owned();
        assert!(
            commands.contains(&name),
            "docs/reference/safety.md: `{name}` destroys nothing any more"
        );
    }
}

/// The functions of a file that make a command which destroys something.
fn destructive(path: PathBuf) -> Vec<String> {
    let text = read(path);
    let text = text.replace("\npub(in crate::remote) fn ", "\npub fn ");
    let functions = text.split("\npub fn ").skip(1);
    functions
        .filter(|function| function.contains("RemoteCommand::destroys("))
        .filter_map(|function| Some(function.split_once('(')?.0.to_owned()))
        .collect()
}

#[test]
fn every_dependency_is_used_and_has_its_line_in_the_record() {
    let manifests: Vec<toml::Table> = [
        "Cargo.toml",
        "tests/measures/Cargo.toml",
        "tests/support/Cargo.toml",
    ]
    .iter()
    .map(|path| read(path).parse().unwrap())
    .collect();
    let record = read("docs/adr/0009-dependencies.md");
    let code: String = ["src", "tests"]
        .iter()
        .flat_map(|folder| files(folder, "rs"))
        .map(read)
        .collect();
    let tables = ["dependencies", "dev-dependencies"].iter().flat_map(|table| {
        manifests
            .iter()
            .filter_map(|manifest| manifest.get(*table)?.as_table())
    });
    let of_a_registry = |(_, value): &(&String, &toml::Value)| value.get("path").is_none();
    let names = tables.flat_map(|table| table.iter().filter(of_a_registry).map(|(name, _)| name));

    let amiss: Vec<&String> = names
        .filter(|name| {
            let is_recorded = record.contains(&format!("| `{name}` |"));
            let path = format!("{}::", name.replace('-', "_"));
            !is_recorded || !code.contains(&path)
        })
        .collect();

    assert_eq!(amiss, Vec::<&String>::new());
}

/// How many files of a module lie on circles, where one uses what another has that uses its own. The numbers may only
/// fall; what is not listed has none.
const ON_CIRCLES: &[(&str, usize)] = &[];

#[test]
fn no_more_files_of_a_module_use_each_other_in_a_circle() {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for file in circles(&source_files(root())).iter().flatten() {
        let module = file.trim_start_matches("src/").split(['/', '.']).next();
        *found.entry(module.unwrap().to_owned()).or_default() += 1;
    }
    let known = ON_CIRCLES
        .iter()
        .map(|(module, files)| ((*module).to_owned(), *files));

    assert_eq!(found, known.collect());
}

/// The first column of the table under a heading.
fn first_column(document: &str, heading: &str) -> Vec<String> {
    let text = read(document);
    let section = text.split(heading).nth(1).unwrap();
    let rows = section
        .lines()
        .skip_while(|line| !line.starts_with("| ---"))
        .skip(1);
    let rows = rows.take_while(|line| line.starts_with("| "));
    rows.map(|row| row[2..].split(" | ").next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_phases_of_a_run_are_those_of_the_document_in_their_order() {
    let before = [PhaseName::Observe, PhaseName::Check, PhaseName::ObserveAgain];
    let after = [PhaseName::CleanUp, PhaseName::Verify];
    let of_run: Vec<PhaseName> = before
        .into_iter()
        .chain(planner::phase_names())
        .chain(after)
        .collect();
    let titles: Vec<String> = of_run.iter().map(|phase| phase.title().to_owned()).collect();

    assert_eq!(
        first_column("docs/architecture.md", "\n## The phases of a run\n"),
        titles
    );
    assert_eq!(of_run, PhaseName::ALL[..of_run.len()]);
}

/// How many files a reader may have to open for each.
const JOURNEYS: &[(&str, usize)] = &[("join a control plane", 30), ("a step failed", 12)];

/// By what another file names a file: its module; with the folder, where each folder has a file of that name.
fn named_as(file: &str) -> String {
    let path = Path::new(file);
    let mut parts = path
        .components()
        .rev()
        .filter_map(|part| part.as_os_str().to_str());
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap();
    let folder = parts.nth(1).unwrap();
    match stem {
        "mod" => format!("{}::{folder}", parts.next().unwrap().replace("src", "crate")),
        "commands" => format!("{folder}::commands"),
        "steps" => folder.to_owned(),
        stem => stem.to_owned(),
    }
}

/// Whether a text names a module or a script as such: in a path, a declaration, as a script's file or one of its parts,
/// or in a comment between backticks. Many names are words of English, too.
fn is_named(text: &str, name: &str) -> bool {
    if name.contains("::") {
        return regex::Regex::new(&format!(r"\b{name}\b")).unwrap().is_match(text);
    }
    let part = r"(\w+(::|/))*";
    let pattern = format!(
        r#"\b{name}::|::{name}\b|\bmod {name};|"{name}\.sh"|\[[\w, \n]*\b{name}\b[\w, \n]*\]|`{part}{name}(::\w+)?`"#
    );
    regex::Regex::new(&pattern).unwrap().is_match(text)
}

#[test]
fn a_module_is_named_by_a_path_and_not_by_a_word_that_is_also_english() {
    for text in [
        "use super::load;",
        "load::with(path)",
        "mod load;",
        "/// See `inventory::load`.",
        "script!(\"a.sh\", [load], (x))",
        "\"load.sh\"",
    ] {
        assert!(is_named(text, "load"), "{text}");
    }
    for text in [
        "fn load(path)",
        "// what it may load",
        "load(&path)",
        "`load_with`",
    ] {
        assert!(!is_named(text, "load"), "{text}");
    }
}

#[test]
fn the_journeys_of_the_document_are_short_and_lead_from_file_to_file() {
    let found = journeys(root());
    let names: Vec<&str> = found.iter().map(|journey| journey.name.as_str()).collect();
    let expected: Vec<&str> = JOURNEYS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, expected);

    let mut broken = String::new();
    for (journey, (name, longest)) in found.iter().zip(JOURNEYS) {
        let texts: Vec<String> = journey.files.iter().map(read).collect();
        if journey.files.len() > *longest {
            let _ = writeln!(broken, "{name}: {} files", journey.files.len());
        }
        let in_order = journey.files.iter().enumerate().skip(1);
        for (place, file) in in_order {
            let folder = |place: usize| Path::new(&journey.files[place]).parent();
            let is_beside = |other: usize| file.ends_with("/commands.rs") && folder(other) == folder(place);
            let mut before = texts.iter().enumerate().take(place);
            let names = |(other, text): (usize, &String)| {
                is_named(text, &named_as(file)) || is_beside(other) && is_named(text, "super::commands")
            };
            if !before.any(names) {
                let _ = writeln!(
                    broken,
                    "{name}: no file before it names {file} ({})",
                    named_as(file)
                );
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
        [(2, "ssh::Session"), (3, "planner::plan"), (3, "facts::b")]
            .map(|(line, name)| (line, name.to_owned()))
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

    /// Its module as a path, by its folder: `remote::wire`.
    fn module_path(&self) -> String {
        let below = Path::new(self.path.trim_start_matches("src/")).with_extension("");
        let parts: Vec<&str> = below.iter().filter_map(|part| part.to_str()).collect();
        parts.join("::")
    }

    /// The lines that hold code, numbered from 1.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.lines.iter().enumerate();
        numbered
            .map(|(index, line)| (index + 1, line.trim()))
            .filter(|(_, line)| !line.starts_with("//"))
    }

    /// The modules, and what of them, that it names by a path that starts at the crate: `plan::Step`.
    fn uses(&self) -> impl Iterator<Item = (usize, String)> {
        let crate_name = if self.module() == "main" {
            "hawser::"
        } else {
            "crate::"
        };
        self.code().flat_map(move |(line, code)| {
            // Who may see an item is no use of anything.
            let code = code.replace("(in crate::", "(in ");
            let parts: Vec<String> = code.split(crate_name).skip(1).map(str::to_owned).collect();
            parts.into_iter().map(move |rest| {
                (
                    line,
                    rest.chars()
                        .take_while(|c| c.is_alphanumeric() || ['_', ':'].contains(c))
                        .collect::<String>()
                        .trim_end_matches(':')
                        .to_owned(),
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
