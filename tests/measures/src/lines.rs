//! Lines by area: what is shipped, what tests it, what tells of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::source::SourceFile;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// `src/**.rs` without what is compiled for tests alone.
    Rust,
    /// The scripts that hosts receive.
    Shell,
    /// What `templates` holds.
    Templates,
    /// Rust that is compiled for tests alone, in `src` and `tests`.
    Tests,
    /// The texts that tests compare with.
    Snapshots,
    /// Markdown.
    Documents,
    /// The lab, the benchmark, and what measures.
    Tools,
}

impl Area {
    pub const ALL: [Self; 7] = [
        Self::Rust,
        Self::Shell,
        Self::Templates,
        Self::Tests,
        Self::Snapshots,
        Self::Documents,
        Self::Tools,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Rust => "product: Rust without tests",
            Self::Shell => "product: shell",
            Self::Templates => "product: templates",
            Self::Tests => "tests",
            Self::Snapshots => "snapshots",
            Self::Documents => "documents",
            Self::Tools => "lab, benchmark, tools",
        }
    }
}

/// How many lines there are, and how many of them are neither empty nor a comment.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Lines {
    pub all: usize,
    pub of_code: usize,
}

impl Lines {
    fn add(&mut self, line: &str, comment: &str) {
        let line = line.trim();
        self.all += 1;
        if !line.is_empty() && !line.starts_with(comment) {
            self.of_code += 1;
        }
    }
}

/// The lines of every area of a tree whose source has been read.
pub fn lines(tree: &Path, source: &[SourceFile]) -> BTreeMap<Area, Lines> {
    let mut lines: BTreeMap<Area, Lines> = BTreeMap::new();
    for file in source {
        for (number, line) in (1..).zip(file.text.lines()) {
            let is_test = file.is_test || file.test_lines.contains(&number);
            let area = if is_test { Area::Tests } else { Area::Rust };
            lines.entry(area).or_default().add(line, "//");
        }
    }
    for path in files(tree) {
        // What is not text is no line either.
        if let (Some(area), Ok(text)) = (area(&path), std::fs::read_to_string(tree.join(&path))) {
            let comment = if area == Area::Tests { "//" } else { "#" };
            let comment = if area == Area::Documents { "<!--" } else { comment };
            text.lines()
                .for_each(|line| lines.entry(area).or_default().add(line, comment));
        }
    }
    lines
}

/// The area of a file besides the source.
fn area(path: &Path) -> Option<Area> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let area = match extension {
        Some("md") => Area::Documents,
        Some("snap") => Area::Snapshots,
        _ if path.starts_with("tests/measures") => Area::Tools,
        Some("rs") if path.starts_with("tests") => Area::Tests,
        Some("sh") if path.starts_with("src") => Area::Shell,
        _ if path.starts_with("templates") => Area::Templates,
        _ if ["lab", "bench", ".ci", "Makefile"]
            .iter()
            .any(|start| path.starts_with(start)) =>
        {
            Area::Tools
        }
        _ => return None,
    };
    Some(area)
}

/// Every file of a tree but what git and cargo keep there and what the lab writes, relative to it, sorted.
pub fn files(tree: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(tree.join(&folder))
            .into_iter()
            .flatten()
            .flatten()
        {
            let path = folder.join(entry.file_name());
            let is_skipped = ["target", ".git", "lab/run"]
                .iter()
                .any(|skipped| path == Path::new(skipped));
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !is_skipped => folders.push(path),
                Ok(kind) if kind.is_file() => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}
