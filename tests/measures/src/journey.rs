//! The files that a reader opens to follow one thing through the program, as docs/architecture.md lists them.

use std::collections::BTreeSet;
use std::path::Path;

const BEGIN: &str = "<!-- journey: ";
const END: &str = "<!-- /journey -->";

/// A list between `<!-- journey: NAME -->` and `<!-- /journey -->`: each file in backticks, relative to the tree, in
/// their order.
#[derive(Debug, PartialEq, Eq)]
pub struct Journey {
    pub name: String,
    pub files: Vec<String>,
}

/// The journeys that docs/architecture.md of a tree lists.
pub fn journeys(tree: &Path) -> Vec<Journey> {
    let text = std::fs::read_to_string(tree.join("docs/architecture.md")).unwrap_or_default();
    listed(&text)
}

fn listed(text: &str) -> Vec<Journey> {
    let parts = text.split(BEGIN).skip(1);
    parts
        .filter_map(|part| {
            let (name, rest) = part.split_once("-->")?;
            let (list, _) = rest.split_once(END)?;
            let quoted = list.split('`').skip(1).step_by(2);
            let mut files: Vec<String> = quoted
                .filter(|word| word.contains('/') && Path::new(word).extension().is_some())
                .map(str::to_owned)
                .collect();
            let mut seen = BTreeSet::new();
            files.retain(|file| seen.insert(file.clone()));
            Some(Journey {
                name: name.trim().to_owned(),
                files,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Journey, listed};

    #[test]
    fn a_file_that_is_named_twice_counts_once() {
        let text = "a `src/no.rs`\n<!-- journey: a step failed -->\n1. `src/b.rs` calls `run`\n2. `src/a.rs`, `src/b.rs`\n<!-- /journey -->";

        assert_eq!(
            listed(text),
            [Journey {
                name: "a step failed".to_owned(),
                files: vec!["src/b.rs".to_owned(), "src/a.rs".to_owned()],
            }]
        );
    }
}
