//! A folder of patches of what kubeadm writes. kubeadm leaves out a file whose name it does not
//! understand: here it is a mistake.

use std::path::Path;

use super::mistake::Wrong;
use super::wording::nearest;
use super::workstation::{files_below, unreadable};
use crate::topology::Patch;

/// What kubeadm can patch; which of them a host's kubeadm knows depends on its version.
const TARGETS: [&str; 6] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubeletconfiguration",
    "corednsdeployment",
];

const TYPES: [&str; 3] = ["strategic", "merge", "json"];

/// Reads every file of a folder, in the order of names, in which kubeadm applies them. What begins with a dot is not
/// looked at.
pub(super) fn read(folder: &Path) -> Result<Vec<Patch>, Wrong> {
    let files = files_below(folder)?;
    if files.is_empty() {
        let message = format!("no patch in {}", folder.display());
        return Err(Wrong::new(message, "the folder is empty", FORM));
    }
    files.iter().map(|path| patch(folder, path)).collect()
}

fn patch(folder: &Path, path: &Path) -> Result<Patch, Wrong> {
    let name = path.strip_prefix(folder).unwrap_or(path).display().to_string();
    let target = target(&name).map_err(|(label, help)| {
        Wrong::new(
            format!("{} is no patch that kubeadm knows", path.display()),
            label,
            help,
        )
    })?;
    let content = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let wrong = |label: String| {
        Wrong::new(
            format!("{} is no patch", path.display()),
            label,
            "write a part of what is patched, in YAML or JSON, or a list of JSON patches in a `+json` file",
        )
    };
    match serde_norway::from_str::<serde_norway::Value>(&content) {
        Ok(serde_norway::Value::Mapping(_) | serde_norway::Value::Sequence(_)) => Ok(Patch {
            name,
            target,
            content,
        }),
        Ok(_) => Err(wrong("neither a map nor a list in it".to_owned())),
        Err(error) => Err(wrong(format!("not YAML: {error}"))),
    }
}

/// What a file of this name patches, or what is wrong with the name and what to do.
fn target(name: &str) -> Result<String, (String, String)> {
    let form = |label: &str| (label.to_owned(), FORM.to_owned());
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".json"));
    let stem = stem.ok_or_else(|| form("it ends in neither .yaml nor .json"))?;
    let (head, kind) = match stem.split_once('+') {
        Some((head, kind)) => (head, Some(kind)),
        None => (stem, None),
    };
    if let Some(kind) = kind.filter(|kind| !TYPES.contains(kind)) {
        return Err((
            format!("`{kind}` is no type of patch"),
            format!("write one of {} after the +", TYPES.join(", ")),
        ));
    }
    let Some(target) = TARGETS.iter().find(|target| head.starts_with(**target)) else {
        let near = nearest(head, TARGETS).map(|near| format!("did you mean `{near}`?\n"));
        let near = near.unwrap_or_default();
        return Err((
            "its name starts with nothing that kubeadm patches".to_owned(),
            format!("{near}it can patch {}", TARGETS.join(", ")),
        ));
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if head.chars().all(is_plain) {
        Ok((*target).to_owned())
    } else {
        Err(form(
            "between the target and the + only letters, digits, - and _ may stand",
        ))
    }
}

const FORM: &str = "name it TARGET[SUFFIX][+TYPE].yaml or .json, such as `kube-apiserver0+merge.yaml`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patchs_name_says_what_it_patches() {
        assert_eq!(target("etcd.yaml").unwrap(), "etcd");
        assert_eq!(target("kube-apiserver0+merge.yaml").unwrap(), "kube-apiserver");
        assert_eq!(
            target("kubeletconfiguration-swap+json.json").unwrap(),
            "kubeletconfiguration"
        );
    }

    #[test]
    fn what_kubeadm_would_leave_out_is_a_mistake() {
        let refused = [
            "etcd.yml",
            "etcd+patch.yaml",
            "etcd+.yaml",
            "apiserver.yaml",
            "README.md",
            "etcd.bak.yaml",
            "etcd/more.yaml",
            "+merge.yaml",
        ];

        assert_eq!(refused.map(|name| target(name).is_err()), [true; 8]);
        assert!(
            target("kube-apisever.yaml")
                .unwrap_err()
                .1
                .starts_with("did you mean `kube-apiserver`?")
        );
    }
}
