//! Reads the files, and those that they include.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use glob::{MatchOptions, Pattern, glob_with};

use super::keyword::{Directive, read_directive};
use super::line::{Mistake, Place, Written, read_line};
use super::local::Local;
use super::tokens::{expand_home, expand_variables};
use crate::error::Problem;

/// A line, and the files that it includes in their order.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) place: Place,
    pub(super) asks: Asks,
}

#[derive(Debug, Clone)]
pub(super) enum Asks {
    For(Directive),
    Include(Vec<Vec<Entry>>),
}

/// What may be known about a file before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// It must belong to the user or root, and no other may write it.
    OwnerOnly,
    /// The system's file, and one that the user names.
    Any,
}

/// As deep as OpenSSH follows `Include`.
const DEEPEST: usize = 16;

/// Reads one file with all that it includes.
pub(super) struct Reader<'a> {
    pub(super) local: &'a Local<'a>,
    /// Where relative paths of `Include` begin.
    pub(super) folder: PathBuf,
    /// Whether `~` is allowed in `Include`: it is not in the system's file.
    pub(super) is_user: IsUser,
    /// The files that are open, from the first to the one being read.
    pub(super) open: Vec<PathBuf>,
    pub(super) problems: Vec<Problem>,
}

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IsUser {
    Yes,
    No,
}

impl Reader<'_> {
    /// The lines of a file; what is wrong with them goes to the problems. The error is that it cannot be read.
    pub(super) fn read(&mut self, path: &Path, trust: Trust) -> Result<Vec<Entry>, Mistake> {
        let text = self.text(path, trust)?;
        let shared: Arc<Path> = Arc::from(path);
        self.open.push(path.to_owned());
        let mut entries = Vec::new();
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let place = Place {
                path: Arc::clone(&shared),
                line: index + 1,
            };
            match self.entry(line, &place) {
                Ok(asks) => entries.extend(asks.map(|asks| Entry { place, asks })),
                Err(mistake) => self.problems.push(place.problem(mistake)),
            }
        }
        self.open.pop();
        Ok(entries)
    }

    fn text(&self, path: &Path, trust: Trust) -> Result<Vec<u8>, Mistake> {
        let path_text = path.display();
        let unreadable = |cause: std::io::Error| {
            Mistake::with_hint(
                format!("cannot read {path_text}: {cause}"),
                format!("`ls -ld {path_text}`"),
            )
        };
        let mut file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        let is_safe = [0, self.local.uid].contains(&metadata.uid()) && metadata.mode() & 0o022 == 0;
        if trust == Trust::OwnerOnly && !is_safe {
            return Err(Mistake::with_hint(
                format!("another user owns {path_text} or may write it, and ssh refuses it too"),
                format!(
                    "`chown {} {path_text}`, `chmod go-w {path_text}`",
                    self.local.user
                ),
            ));
        }
        let mut text = Vec::new();
        if !metadata.is_dir() {
            file.read_to_end(&mut text).map_err(unreadable)?;
        }
        Ok(text)
    }

    fn entry(&mut self, line: &[u8], place: &Place) -> Result<Option<Asks>, Mistake> {
        let Some(written) = read_line(line)? else {
            return Ok(None);
        };
        if written.keyword == "include" {
            return self.include(&written).map(Asks::Include).map(Some);
        }
        read_directive(written, place, self.local.environment).map(|directive| Some(Asks::For(directive)))
    }

    /// Files are read wherever the line is: OpenSSH checks those of other hosts too.
    fn include(&mut self, written: &Written) -> Result<Vec<Vec<Entry>>, Mistake> {
        let mut files = Vec::new();
        for argument in &written.arguments {
            for path in self.paths(argument)? {
                if let Some(start) = self.open.iter().position(|open| *open == path) {
                    let circle = self.open.iter().skip(start).chain([&path]);
                    let circle: Vec<String> = circle.map(|path| path.display().to_string()).collect();
                    let cause = format!("this file includes itself: {}", circle.join(" → "));
                    return Err(Mistake::with_hint(cause, "remove one of these `Include` lines"));
                }
                if self.open.len() > DEEPEST {
                    let cause = format!("`Include` is nested more than {DEEPEST} deep");
                    return Err(Mistake::with_hint(
                        cause,
                        "include these files from the first one",
                    ));
                }
                files.push(self.read(&path, Trust::OwnerOnly)?);
            }
        }
        Ok(files)
    }

    /// The files that an argument of `Include` names, sorted as OpenSSH sorts them.
    fn paths(&self, argument: &str) -> Result<Vec<PathBuf>, Mistake> {
        if argument.is_empty() {
            return Err(Mistake::new("an argument of `include` is empty"));
        }
        if argument.contains('%') {
            let hint = "write the path without `%`: hawser reads all files before it knows the host";
            return Err(Mistake::with_hint("hawser replaces no tokens in `include`", hint));
        }
        let written = expand_variables(argument, self.local.environment)?;
        if written.starts_with('~') && self.is_user == IsUser::No {
            return Err(Mistake::new(
                "`include` in the system's file must not begin with `~`",
            ));
        }
        let folder = Pattern::escape(&self.folder.display().to_string());
        let home = Pattern::escape(&self.local.home.display().to_string());
        let pattern = match written.chars().next() {
            Some('/') => written,
            Some('~') => expand_home(&written, Path::new(&home))?,
            _ => format!("{folder}/{written}"),
        };
        matching_files(&pattern).map_err(|cause| Mistake::new(format!("`{argument}`: {cause}")))
    }
}

/// Files by a pattern of a shell; none is no mistake.
fn matching_files(pattern: &str) -> Result<Vec<PathBuf>, String> {
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let mut pattern = pattern.replace("[^", "[!");
    while pattern.contains("**") {
        pattern = pattern.replace("**", "*");
    }
    let found = glob_with(&pattern, options).map_err(|cause| cause.to_string())?;
    let mut paths = found
        .collect::<Result<Vec<PathBuf>, _>>()
        .map_err(|cause| cause.to_string())?;
    paths.sort_by(|one, other| one.as_os_str().as_bytes().cmp(other.as_os_str().as_bytes()));
    Ok(paths)
}

/// Whether there is such a file, whatever may be read of it.
pub(super) fn is_there(path: &Path) -> bool {
    !File::open(path).is_err_and(|cause| cause.kind() == ErrorKind::NotFound)
}
