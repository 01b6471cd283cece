//! Reading an inventory, or a folder of templates, for a command.

use std::path::Path;

use super::colours::Colours;
use super::document::Document;
use super::mistake::Mistakes;
use super::workstation::{KeyFiles, Workstation};
use super::{report, resolve, shape};
use crate::error::Problem;
use crate::templates::Templates;
use crate::topology::Topology;

/// A good inventory.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub topology: Topology,
    /// What is allowed and may still be unwise, each rendered with its position.
    pub warnings: Vec<String>,
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
    super::templates::read(folder).map_err(|wrong| Problem::Usage {
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
    let report = report::render(mistakes, name, text, &document, colours);
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
