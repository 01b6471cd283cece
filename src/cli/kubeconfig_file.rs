//! A kubeconfig on the workstation: private, written atomically, merged with a backup.

use std::path::{Path, PathBuf};

use serde_norway::{Mapping, Value};

use super::private_file;
use crate::error::Problem;

/// A kubeconfig of one context, named after its cluster.
pub(super) struct Kubeconfig {
    name: String,
    document: Mapping,
}

impl Kubeconfig {
    /// Takes an admin.conf and gives cluster, user and context names that tell it from other clusters'.
    pub(super) fn named(admin_conf: &[u8], cluster: &str) -> Result<Self, Problem> {
        let mut document: Mapping = serde_norway::from_slice(admin_conf).map_err(|cause| {
            // The error quotes what it stumbles over, and that may be the key.
            let place = cause.location().map_or_else(String::new, |at| {
                format!(", line {}, column {}", at.line(), at.column())
            });
            unreadable("admin.conf", &format!("it is no kubeconfig{place}"))
        })?;
        let user = format!("{cluster}-admin");
        rename(&mut document, "clusters", cluster);
        rename(&mut document, "users", &user);
        rename(&mut document, "contexts", cluster);
        if let Some(context) = first(&mut document, "contexts").and_then(|entry| entry.get_mut("context")) {
            set(context, "cluster", cluster);
            set(context, "user", &user);
        }
        document.insert("current-context".into(), cluster.into());
        Ok(Self {
            name: cluster.to_owned(),
            document,
        })
    }

    fn text(&self) -> Result<String, Problem> {
        serde_norway::to_string(&self.document).map_err(|cause| unreadable("admin.conf", &cause))
    }
}

/// Writes it to a file of its own, 0600.
pub(super) fn write(kubeconfig: &Kubeconfig, path: &Path) -> Result<String, Problem> {
    private_file::write(path, &kubeconfig.text()?)?;
    let path = path.display();
    Ok(format!(
        "wrote {path}; use it: kubectl --kubeconfig {path} get nodes\n"
    ))
}

/// Merges it into the user's kubeconfig and makes it the current context.
pub(super) fn merge(kubeconfig: &Kubeconfig) -> Result<String, Problem> {
    merge_into(kubeconfig, &users_kubeconfig()?)
}

fn merge_into(kubeconfig: &Kubeconfig, path: &Path) -> Result<String, Problem> {
    let Some(before) = read(path)? else {
        return write(kubeconfig, path);
    };
    let backup = path.with_extension(format!(
        "before-{}",
        jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ")
    ));
    let mut merged: Mapping = match before.trim() {
        "" => Mapping::new(),
        text => {
            serde_norway::from_str(text).map_err(|cause| unreadable(&path.display().to_string(), &cause))?
        }
    };
    for list in ["clusters", "users", "contexts"] {
        let ours = kubeconfig
            .document
            .get(list)
            .and_then(Value::as_sequence)
            .cloned()
            .unwrap_or_default();
        let theirs = merged
            .get(list)
            .and_then(Value::as_sequence)
            .cloned()
            .unwrap_or_default();
        let kept = theirs
            .into_iter()
            .filter(|entry| !ours.iter().any(|our| our.get("name") == entry.get("name")));
        let all: Vec<Value> = kept.chain(ours.iter().cloned()).collect();
        merged.insert(list.into(), Value::Sequence(all));
    }
    merged.insert("apiVersion".into(), "v1".into());
    merged.insert("kind".into(), "Config".into());
    merged.insert("current-context".into(), kubeconfig.name.as_str().into());
    private_file::write(&backup, &before)?;
    private_file::write(
        path,
        &serde_norway::to_string(&merged).map_err(|cause| unreadable("kubeconfig", &cause))?,
    )?;
    Ok(format!(
        "merged context {} into {} and set it as the current one; the backup is {}\n",
        kubeconfig.name,
        path.display(),
        backup.display()
    ))
}

/// The first file of `$KUBECONFIG`, else `~/.kube/config`.
fn users_kubeconfig() -> Result<PathBuf, Problem> {
    if let Some(paths) = std::env::var_os("KUBECONFIG")
        && let Some(first) = std::env::split_paths(&paths).find(|path| !path.as_os_str().is_empty())
    {
        return Ok(first);
    }
    etcetera::home_dir()
        .map(|home| home.join(".kube/config"))
        .map_err(|cause| local("~/.kube/config", "find", &cause))
}

fn read(path: &Path) -> Result<Option<String>, Problem> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(local(&path.display().to_string(), "read", &cause)),
    }
}

fn rename(document: &mut Mapping, list: &str, name: &str) {
    if let Some(entry) = first(document, list) {
        set(entry, "name", name);
    }
}

fn first<'a>(document: &'a mut Mapping, list: &str) -> Option<&'a mut Value> {
    document.get_mut(list)?.as_sequence_mut()?.first_mut()
}

fn set(value: &mut Value, key: &str, text: &str) {
    if let Some(mapping) = value.as_mapping_mut() {
        mapping.insert(key.into(), text.into());
    }
}

fn local(path: &str, verb: &'static str, cause: &dyn std::fmt::Display) -> Problem {
    Problem::LocalFile {
        path: path.to_owned(),
        verb,
        cause: cause.to_string(),
    }
}

fn unreadable(path: &str, cause: &dyn std::fmt::Display) -> Problem {
    local(path, "understand", cause)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const ADMIN_CONF: &str = "apiVersion: v1\nkind: Config\nclusters:\n- name: kubernetes\n  cluster: {server: https://api:6443}\n\
        contexts:\n- name: kubernetes-admin@kubernetes\n  context: {cluster: kubernetes, user: kubernetes-admin}\n\
        current-context: kubernetes-admin@kubernetes\nusers:\n- name: kubernetes-admin\n  user: {token: x}\n";

    fn kubeconfig(cluster: &str) -> Kubeconfig {
        Kubeconfig::named(ADMIN_CONF.as_bytes(), cluster).unwrap()
    }

    #[test]
    fn a_kubeconfig_is_private_and_named_after_its_cluster() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo.kubeconfig");

        write(&kubeconfig("demo"), &path).unwrap();

        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("current-context: demo"), "{text}");
        assert!(text.contains("user: demo-admin"), "{text}");
    }

    #[test]
    fn an_admin_conf_that_cannot_be_read_is_not_quoted() {
        let broken = ADMIN_CONF.replace("users:\n- name", "\u{1b}[2Jusers: - c2VjcmV0LWtleQ==\n- name");
        for text in [broken.as_str(), "c2VjcmV0LWtleQ==", "- c2VjcmV0LWtleQ=="] {
            let problem = Kubeconfig::named(text.as_bytes(), "demo")
                .err()
                .unwrap()
                .to_string();

            assert!(problem.contains("it is no kubeconfig"), "{problem}");
            assert!(!problem.contains("c2VjcmV0"), "{problem}");
        }
    }

    #[test]
    fn merging_keeps_the_other_clusters_and_a_backup() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        write(&kubeconfig("first"), &path).unwrap();

        merge_into(&kubeconfig("second"), &path).unwrap();
        merge_into(&kubeconfig("second"), &path).unwrap();

        let merged: Value = serde_norway::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let names: Vec<_> = merged["contexts"]
            .as_sequence()
            .unwrap()
            .iter()
            .map(|entry| entry["name"].as_str())
            .collect();
        assert_eq!(names, [Some("first"), Some("second")]);
        assert_eq!(merged["current-context"], "second");
        assert!(std::fs::read_dir(folder.path()).unwrap().count() >= 2);
    }
}
