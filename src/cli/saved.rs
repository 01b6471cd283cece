//! A plan that was saved to be approved: what it was made of, what it does, and how both are compared with
//! what is there when it is applied. Nothing is ever done from it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::arguments::{ApplyArguments, PlanArguments};
use super::private_file;
use crate::check::host::Fact;
use crate::error::Problem;
use crate::plan::{Plan, PlanDigest};
use crate::report::paint::Paint;
use crate::report::plan_text::{self, Detail};
use crate::topology::Topology;

/// What the file says it is.
const FORMAT: &str = "hawser-plan";

/// Which form it has; another is not read.
const VERSION: u32 = 2;

/// No plan is larger, in bytes: one of a thousand hosts has a few MB.
const LARGEST: u64 = 64 << 20;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedPlan {
    format: String,
    version: u32,
    /// The hawser that made it.
    hawser: String,
    /// When, in UTC.
    made: String,
    cluster: String,
    inventory: PathBuf,
    templates: Option<PathBuf>,
    /// The SHA-256 of what it was made of, by name.
    inputs: BTreeMap<String, String>,
    options: Options,
    /// The plan with every step and every line.
    plan: String,
    #[serde(flatten)]
    digest: PlanDigest,
}

/// How it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Options {
    limit: BTreeSet<String>,
    prepare_only: bool,
    max_unreachable_workers: usize,
    ignore: BTreeSet<Fact>,
    skip_check: bool,
}

/// Where a plan is to be saved, seen to be a place where nothing else is overwritten.
pub(super) fn free(path: &Path) -> Result<(), Problem> {
    if path.symlink_metadata().is_err() || SavedPlan::read(path).is_ok() {
        return Ok(());
    }
    Err(Problem::LocalFile {
        path: path.display().to_string(),
        verb: "write",
        cause: "the file exists, and is not a plan that this hawser saved".to_owned(),
    })
}

/// An absolute path, so that what it leads to does not depend on where it is read.
pub(super) fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

impl SavedPlan {
    /// What is kept of a plan.
    pub(super) fn new(arguments: &PlanArguments, topology: &Topology, plan: &Plan) -> Result<Self, Problem> {
        let scope = &arguments.scope;
        Ok(Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            hawser: env!("CARGO_PKG_VERSION").to_owned(),
            made: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            cluster: plan.cluster.clone(),
            inventory: scope.inventory.path.clone(),
            templates: scope.templates.folder.clone(),
            inputs: inputs(&scope.inventory.path, topology)?,
            options: Options {
                limit: scope.limit.iter().cloned().collect(),
                prepare_only: scope.prepare_only,
                max_unreachable_workers: scope.max_unreachable_workers,
                ignore: arguments.ignore.iter().copied().collect(),
                skip_check: arguments.skip_check,
            },
            plan: plan_text::render(plan, None, &Detail::Complete, Paint::Plain),
            digest: plan.digest(),
        })
    }

    /// Writes it, mode 0600, all of it or nothing.
    pub(super) fn write(&self, path: &Path) -> Result<(), Problem> {
        free(path)?;
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        private_file::write(path, &format!("{text}\n"))
    }

    pub(super) fn read(path: &Path) -> Result<Self, Problem> {
        let unreadable = |cause: String| Problem::LocalFile {
            path: path.display().to_string(),
            verb: "read",
            cause,
        };
        // Nothing that is not a file is opened: a pipe would be waited for.
        let is_file = std::fs::metadata(path).map(|found| found.is_file() && found.len() <= LARGEST);
        match is_file {
            Ok(true) => {}
            Ok(false) => {
                return Err(unreadable(
                    "it is no plan that `hawser plan --out` has saved".to_owned(),
                ));
            }
            Err(cause) => return Err(unreadable(cause.to_string())),
        }
        let text = std::fs::read_to_string(path).map_err(|cause| unreadable(cause.to_string()))?;
        let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        if value.get("format").and_then(serde_json::Value::as_str) != Some(FORMAT) {
            return Err(unreadable(
                "it is no plan that `hawser plan --out` has saved".to_owned(),
            ));
        }
        let version = value.get("version").and_then(serde_json::Value::as_u64);
        if version != Some(VERSION.into()) {
            return Err(unreadable(format!(
                "it is a saved plan of a form that this hawser does not know (this one reads {VERSION})"
            )));
        }
        serde_json::from_value(value)
            .map_err(|cause| unreadable(format!("it is an incomplete saved plan: {cause}")))
    }

    /// Takes what it was made with for arguments that do not say it, or says which of them says otherwise.
    pub(super) fn complete(
        &self,
        arguments: &mut ApplyArguments,
        names_inventory: bool,
    ) -> Result<(), Problem> {
        let options = &self.options;
        let set = |given: &[String]| -> BTreeSet<String> { given.iter().cloned().collect() };
        let scope = &arguments.scope;
        let result: [(&str, bool); 5] = [
            (
                "--limit",
                !scope.limit.is_empty() && set(&scope.limit) != options.limit,
            ),
            ("--prepare-only", scope.prepare_only && !options.prepare_only),
            (
                "--max-unreachable-workers",
                scope.max_unreachable_workers != 0
                    && scope.max_unreachable_workers != options.max_unreachable_workers,
            ),
            (
                "--ignore",
                !arguments.ignore.is_empty()
                    && arguments.ignore.iter().copied().collect::<BTreeSet<_>>() != options.ignore,
            ),
            ("--skip-check", arguments.skip_check && !options.skip_check),
        ];
        if let Some((option, _)) = result.iter().find(|(_, is_otherwise)| *is_otherwise) {
            return Err(Problem::Usage {
                message: format!("the saved plan has another `{option}`"),
                hint: format!("leave `{option}` out, or save a plan with it: `hawser plan --out`"),
            });
        }
        let scope = &mut arguments.scope;
        scope.limit = options.limit.iter().cloned().collect();
        scope.prepare_only = options.prepare_only;
        scope.max_unreachable_workers = options.max_unreachable_workers;
        arguments.ignore = options.ignore.iter().copied().collect();
        arguments.skip_check = options.skip_check;
        if !names_inventory {
            scope.inventory.path.clone_from(&self.inventory);
        }
        if scope.templates.folder.is_none() {
            scope.templates.folder.clone_from(&self.templates);
        }
        Ok(())
    }

    /// Whether it was made by this hawser and of what is there now.
    pub(super) fn is_of(&self, inventory: &Path, topology: &Topology) -> Result<(), Problem> {
        let mut moved = Vec::new();
        let hawser = env!("CARGO_PKG_VERSION");
        if self.hawser != hawser {
            moved.push(format!("hawser is {hawser}, and the plan is of {}", self.hawser));
        }
        let now = inputs(inventory, topology)?;
        let changed = now
            .iter()
            .filter(|(name, sum)| self.inputs.get(*name) != Some(sum));
        moved.extend(changed.map(|(name, _)| format!("changed: {name}")));
        let gone = self.inputs.keys().filter(|name| !now.contains_key(*name));
        moved.extend(gone.map(|name| format!("gone: {name}")));
        self.is_still(moved)
    }

    /// Whether a plan that was made now does the same.
    pub(super) fn is_equal(&self, plan: &Plan) -> Result<(), Problem> {
        self.is_still(self.digest.moved_to(&plan.digest()))
    }

    fn is_still(&self, moved: Vec<String>) -> Result<(), Problem> {
        if moved.is_empty() {
            return Ok(());
        }
        Err(Problem::Unsafe {
            what: format!(
                "the plan that was saved at {} is not what would be done now",
                self.made
            ),
            because: moved,
            recovery: vec![format!(
                "nothing was changed; save a new plan, and have it approved: `hawser plan -i {} --out FILE`",
                self.inventory.display()
            )],
        })
    }
}

/// The SHA-256 of what a plan is made of on the workstation. Files that are marked as secret are left out.
fn inputs(inventory: &Path, topology: &Topology) -> Result<BTreeMap<String, String>, Problem> {
    let text = std::fs::read(inventory).map_err(|cause| Problem::LocalFile {
        path: inventory.display().to_string(),
        verb: "read",
        cause: cause.to_string(),
    })?;
    let sum = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
    let templates = topology.templates.all();
    let manifests = topology.manifests.iter();
    let patches = topology.kubeadm.patches.iter();
    let files = topology.files.iter().filter(|file| !file.secret);
    let named = templates
        .map(|(name, text)| (format!("the template {name}"), sum(text.as_bytes())))
        .chain(manifests.enumerate().map(|(place, manifest)| {
            let name = format!("the manifest {} of the pod network", place + 1);
            (name, sum(manifest.content.as_bytes()))
        }))
        .chain(patches.map(|patch| (format!("the patch {}", patch.name), sum(patch.content.as_bytes()))))
        .chain(files.enumerate().map(|(place, file)| {
            let name = format!("the file {} for {}", place + 1, file.path);
            (name, sum(file.content.as_bytes()))
        }));
    Ok([("the inventory".to_owned(), sum(&text))]
        .into_iter()
        .chain(named)
        .collect())
}
