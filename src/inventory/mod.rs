//! From the inventory's TOML to a [`Topology`], or to every mistake in it at once.
//!
//! The path: text → `document` (values and where each stands) → `shape` (the schema's word: unknown, missing and
//! mistyped keys) → `written` (serde structs, the one source of the schema) → `resolve` (what the keys mean
//! together) → [`Topology`]. What `shape` refuses is left out of what `resolve` sees, so that mistakes of both
//! kinds come in one report and none causes another.
//!
//! It reads the workstation's files and fetches manifests, blocking; it never speaks to a host.

mod cluster;
mod document;
mod endpoint;
mod etcd;
mod files;
mod formats;
mod hosts;
mod images;
mod keys;
mod manifests;
mod mistake;
mod names;
mod networks;
mod openpgp;
mod own_paths;
mod patches;
mod place;
mod preparation;
mod resolve;
mod roles;
mod schema;
mod shape;
mod ssh;
mod templates;
mod wording;
mod workstation;
mod written;

use std::path::Path;

use crate::error::Problem;
use crate::templates::Templates;
use crate::topology::Topology;

use document::Document;
use mistake::Mistakes;
use workstation::Workstation;

pub use schema::schema;

/// A good inventory.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// What it means.
    pub topology: Topology,
    /// What is allowed and may still be unwise, each rendered with its position.
    pub warnings: Vec<String>,
}

/// Whether diagnostics are rendered in colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// For a terminal.
    Shown,
    /// For a file, a pipe, or where `NO_COLOR` is set.
    Plain,
}

impl From<bool> for Colours {
    /// As `console::colors_enabled` answers.
    fn from(is_enabled: bool) -> Self {
        if is_enabled {
            Colours::Shown
        } else {
            Colours::Plain
        }
    }
}

/// What is asked of private keys and `known_hosts` on this workstation, which only a connection needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFiles {
    /// Hosts will be connected to: one that cannot be used is a mistake.
    Required,
    /// Nothing is connected to, and the inventory is judged: it is a warning.
    Noted,
    /// Nothing is connected to, and nobody asked: they are not looked at.
    Unneeded,
}

/// Reads the inventory for a command that connects to its hosts; see [`load_with`].
pub fn load(path: &Path, colours: Colours) -> Result<Loaded, Problem> {
    load_with(path, colours, KeyFiles::Required)
}

/// Reads the inventory at `path`, the files it names and the manifests at its URLs.
///
/// Blocks for as long as the slowest URL takes (at most 30 s each). Errors: `LocalFile` where the inventory cannot
/// be read, else `Inventory` with all of its mistakes.
pub fn load_with(path: &Path, colours: Colours, key_files: KeyFiles) -> Result<Loaded, Problem> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| Problem::LocalFile {
        path: name.clone(),
        verb: "read",
        cause: error.to_string(),
    })?;
    interpret(&name, &text, &Workstation::beside(path, key_files), colours)
}

/// Reads a folder of templates that was named on the command line.
///
/// Errors: `Usage` where one of them is none of hawser's, or the folder cannot be read.
pub fn templates(folder: &Path) -> Result<Templates, Problem> {
    templates::read(folder).map_err(|wrong| Problem::Usage {
        message: format!("--templates: {}: {}", wrong.message, wrong.label),
        hint: wrong.help,
    })
}

fn interpret(name: &str, text: &str, workstation: &Workstation, colours: Colours) -> Result<Loaded, Problem> {
    let mut mistakes = Mistakes::default();
    let (document, topology) = match Document::parse(text, &mut mistakes) {
        Some(document) => {
            let written = shape::check(&document, &mut mistakes);
            let topology = resolve::resolve(&written, workstation, &mut mistakes);
            (document, topology)
        }
        None => (Document::default(), None),
    };
    let report = mistakes.report(name, text, &document, colours);
    match topology {
        Some(topology) if report.errors.is_empty() => Ok(Loaded {
            topology,
            warnings: report.warnings,
        }),
        _ => Err(Problem::Inventory {
            path: name.to_owned(),
            count: report.errors.len(),
            rendered: [report.errors, report.warnings].concat().join("\n"),
        }),
    }
}
