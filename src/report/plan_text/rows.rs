//! The steps of a phase, folded: those that do the same on several hosts, or for several hosts, are one row.

use crate::plan::{Chain, FileChange, Step};
use crate::topology::HostName;

/// Stands in a row for the host that the chain is about, as equal chains of several hosts become one group.
const SUBJECT: char = '\0';

/// Chains that do the same, each about another host.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// The hosts that they are about, in order.
    pub(super) subjects: Vec<&'a HostName>,
    rows: Vec<Row<'a>>,
}

/// What is done on some hosts.
#[derive(Debug, PartialEq)]
struct Row<'a> {
    /// With [`SUBJECT`] in the place of the group's hosts.
    hosts: Vec<String>,
    title: String,
    destroys: bool,
    files: Vec<File<'a>>,
}

/// A file that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum File<'a> {
    /// It is not there yet; of each host it may be another.
    New { path: &'a str, lines: usize },
    /// What differs in it.
    Changed { path: &'a str, diff: &'a str },
}

/// A row as it is shown.
pub(super) struct Line<'a> {
    pub(super) hosts: String,
    pub(super) title: String,
    pub(super) destroys: bool,
    pub(super) files: &'a [File<'a>],
}

impl<'a> Group<'a> {
    /// The chains of a lane, equal ones as one. Steps that change nothing are left out.
    pub(super) fn of(chains: &'a [Chain]) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for chain in chains {
            let rows = rows(&chain.subject, &chain.steps);
            if rows.is_empty() {
                continue;
            }
            match groups.iter_mut().find(|group| group.has(&rows, &chain.subject)) {
                Some(group) => group.subjects.push(&chain.subject),
                None => groups.push(Self {
                    subjects: vec![&chain.subject],
                    rows,
                }),
            }
        }
        groups
    }

    /// Steps that are about their own hosts, each for itself.
    pub(super) fn of_steps(steps: impl Iterator<Item = &'a Step>) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for step in steps {
            let rows = rows(&step.host, std::slice::from_ref(step));
            match groups.iter_mut().find(|group| group.has(&rows, &step.host)) {
                Some(group) => group.subjects.push(&step.host),
                None if rows.is_empty() => {}
                None => groups.push(Self {
                    subjects: vec![&step.host],
                    rows,
                }),
            }
        }
        groups
    }

    /// Whether the same is done in it, for other hosts.
    fn has(&self, rows: &[Row<'a>], subject: &HostName) -> bool {
        self.rows == rows && !self.subjects.contains(&subject)
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let subjects: Vec<String> = self.subjects.iter().map(ToString::to_string).collect();
        let all = listed(&subjects);
        self.rows.iter().map(move |row| Line {
            hosts: listed(&row.hosts).replace(SUBJECT, &all),
            title: row.title.replace(SUBJECT, &all),
            destroys: row.destroys,
            files: &row.files,
        })
    }
}

/// A few names as they are, many by the first, the last and their number.
fn listed(names: &[String]) -> String {
    match names {
        [first, .., last] if names.len() > 5 => format!("{first} … {last} ({} hosts)", names.len()),
        _ => names.join(", "),
    }
}

fn rows<'a>(subject: &HostName, steps: &'a [Step]) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    for step in steps.iter().filter(|step| step.change().is_some()) {
        let host = if step.host == *subject {
            SUBJECT.to_string()
        } else {
            step.host.0.clone()
        };
        let row = Row {
            hosts: Vec::new(),
            title: without(&subject.0, &step.title),
            destroys: !step.destroys().is_empty(),
            files: step.files().iter().map(File::from).collect(),
        };
        let same = rows.iter_mut().find(|other| {
            (&other.title, &other.files, other.destroys) == (&row.title, &row.files, row.destroys)
                && !other.hosts.contains(&host)
        });
        match same {
            Some(other) => other.hosts.push(host),
            None => rows.push(Row {
                hosts: vec![host],
                ..row
            }),
        }
    }
    rows
}

/// The title, with a mark wherever the name stands as a word of its own.
fn without(name: &str, title: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '.' || c == '/';
    let mut text = String::new();
    let mut rest = title;
    while let Some(at) = rest.find(name) {
        let (before, from) = rest.split_at(at);
        let after = &from[name.len()..];
        let is_word = !before.ends_with(is_part) && !after.starts_with(is_part);
        text.push_str(before);
        if is_word {
            text.push(SUBJECT);
        } else {
            text.push_str(name);
        }
        rest = after;
    }
    text + rest
}

impl<'a> From<&'a FileChange> for File<'a> {
    fn from(file: &'a FileChange) -> Self {
        let FileChange { path, diff, .. } = file;
        if diff.starts_with("--- /dev/null") {
            let added = diff.lines().filter(|line| line.starts_with('+'));
            return File::New {
                path,
                // One of them is the diff's own heading.
                lines: added.count().saturating_sub(1),
            };
        }
        File::Changed { path, diff }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_left_out_where_it_is_a_word() {
        assert_eq!(without("cp1", "enable cp1 in HAProxy"), "enable \0 in HAProxy");
        assert_eq!(
            without("cp1", "ask cp1.example, cp11, my-cp1, cp1"),
            "ask cp1.example, cp11, my-cp1, \0"
        );
    }

    #[test]
    fn many_names_are_told_by_their_number() {
        let names: Vec<String> = (1..=300).map(|number| format!("w{number}")).collect();

        assert_eq!(listed(&names), "w1 … w300 (300 hosts)");
        assert_eq!(listed(&names[..5]), "w1, w2, w3, w4, w5");
    }
}
