//! A folder of the user's templates, each in the place of the program's own of the same name.

use std::path::{Path, PathBuf};

use super::mistake::Wrong;
use super::wording::nearest;
use super::workstation::{files_below, unreadable};
use crate::templates::{Template, Templates};

/// Reads every file of a folder and of those below it. What begins with a dot is not looked at.
pub(super) fn read(folder: &Path) -> Result<Templates, Wrong> {
    let mut templates = Templates::default();
    let files = files_below(folder)?;
    if files.is_empty() {
        return Err(Wrong::new(
            format!("no template in {}", folder.display()),
            "the folder is empty",
            known(None),
        ));
    }
    for path in files {
        put(&mut templates, folder, &path)?;
    }
    Ok(templates)
}

fn put(templates: &mut Templates, folder: &Path, path: &PathBuf) -> Result<(), Wrong> {
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let name = path.strip_prefix(folder).unwrap_or(path).display().to_string();
    let template = Template {
        path: path.display().to_string(),
        text,
    };
    templates.put(&name, template).map_err(|template| {
        Wrong::new(
            format!("{} replaces no template of hawser", template.path),
            format!("hawser has no `{name}`"),
            known(Some(&name)),
        )
    })
}

fn known(written: Option<&str>) -> String {
    let all = Templates::names().collect::<Vec<_>>().join(", ");
    let near = written.and_then(|name| nearest(name, Templates::names()));
    let near = near.map(|near| format!("did you mean `{near}`?\n"));
    format!("{}its templates are {all}", near.unwrap_or_default())
}
