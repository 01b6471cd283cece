//! Key files on the workstation: private keys and `known_hosts`.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::mistake::Wrong;
use super::workstation::{Workstation, unreadable};

/// That a file is a private key which ssh would use.
pub(super) fn check_identity(path: &Path) -> Result<(), Wrong> {
    let metadata = std::fs::metadata(path).map_err(|error| no_key(path, &error))?;
    if metadata.is_dir() {
        return Err(Wrong::new(
            format!("not a private key: {}", path.display()),
            "this is a folder",
            "name the key's file in it",
        ));
    }
    let content = Zeroizing::new(std::fs::read(path).map_err(|error| no_key(path, &error))?);
    check_content(path, &String::from_utf8_lossy(&content))?;
    // Last: of a public key named by mistake, its mode is not what is wrong.
    check_permissions(path, &metadata, &IDENTITY)
}

/// What a file is that only its owner may read, and why.
pub(super) struct Closed {
    what: &'static str,
    why: &'static str,
}

const IDENTITY: Closed = Closed {
    what: "the private key",
    why: "ssh would not use it",
};

/// A private key of another use than logging in.
pub(super) const KEY: Closed = Closed {
    what: "the private key",
    why: "a private key is for its owner alone",
};

/// A user's name and password.
pub(super) const CREDENTIALS: Closed = Closed {
    what: "the credentials in",
    why: "a password is for its owner alone",
};

/// That a secret file is the user's alone.
pub(super) fn check_closed(path: &Path, is: &Closed) -> Result<(), Wrong> {
    let metadata = path.metadata().map_err(|error| unreadable(path, &error))?;
    check_permissions(path, &metadata, is)
}

/// The keys that ssh tries by itself, as far as they exist and it would use them.
pub(super) fn default_identities(workstation: &Workstation) -> Vec<PathBuf> {
    let paths = DEFAULT_IDENTITIES.iter().filter(|_| workstation.home.is_some());
    paths
        .map(|name| workstation.path(name))
        .filter(|path| check_identity(path).is_ok())
        .collect()
}

/// The cluster's own `known_hosts` file, which must be there.
pub(super) fn known_hosts(path: &Path) -> Result<(), Wrong> {
    match std::fs::File::open(path).and_then(|file| file.metadata()) {
        Ok(metadata) if metadata.is_file() => Ok(()),
        Ok(_) => Err(Wrong::new(
            format!("not a known_hosts file: {}", path.display()),
            "not a file",
            "name a file, or leave the key out to use ~/.ssh/known_hosts",
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Wrong::new(
            format!("there is no known_hosts file {}", path.display()),
            "not found",
            format!(
                "`touch {}`: hawser then names each host's key and the line that trusts it; \
                 or leave the key out to use ~/.ssh/known_hosts",
                path.display()
            ),
        )),
        Err(error) => Err(unreadable(path, &error)),
    }
}

/// As ssh does: a key of the user's own that others may read is not used.
fn check_permissions(path: &Path, metadata: &Metadata, is: &Closed) -> Result<(), Wrong> {
    let is_own = metadata.uid() == rustix::process::getuid().as_raw();
    if is_own && metadata.mode() & 0o077 != 0 {
        return Err(Wrong::new(
            format!("others may read {} {}", is.what, path.display()),
            format!("its mode is {:04o}; {}", metadata.mode() & 0o7777, is.why),
            format!("`chmod 600 {}`", path.display()),
        ));
    }
    Ok(())
}

fn check_content(path: &Path, content: &str) -> Result<(), Wrong> {
    let shown = path.display().to_string();
    let first = content.lines().next().unwrap_or_default();
    if first.starts_with("-----BEGIN ") && first.contains("PRIVATE KEY-----") {
        return Ok(());
    }
    let wrong =
        |label: &str, help: String| Err(Wrong::new(format!("not a private key: {shown}"), label, help));
    if PUBLIC_KEYS.iter().any(|kind| first.starts_with(kind)) {
        let private = shown.strip_suffix(".pub").map(str::to_owned);
        let help = private.map_or_else(
            || "name the private half".to_owned(),
            |path| format!("write `{path}`"),
        );
        return wrong("this is the public half", help);
    }
    if first.starts_with("PuTTY-User-Key-File") {
        return wrong(
            "this is the format of PuTTY",
            format!("`puttygen {shown} -O private-openssh -o {shown}.openssh` writes one that ssh accepts"),
        );
    }
    wrong(
        "it does not start as a private key does",
        "name a key file as `ssh-keygen` writes it".to_owned(),
    )
}

fn no_key(path: &Path, error: &std::io::Error) -> Wrong {
    let wrong = unreadable(path, error);
    Wrong {
        message: format!("cannot read the private key {}", path.display()),
        help: "name a key that exists, or leave `identities` out to use the agent's keys and those in ~/.ssh"
            .to_owned(),
        ..wrong
    }
}

/// `IdentityFile`'s defaults of OpenSSH, without those for hardware keys.
const DEFAULT_IDENTITIES: [&str; 3] = ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"];

const PUBLIC_KEYS: [&str; 4] = ["ssh-", "ecdsa-sha2-", "sk-", "---- BEGIN SSH2 PUBLIC KEY"];

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const PRIVATE: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\n";

    fn key(folder: &Path, name: &str, content: &str, mode: u32) -> PathBuf {
        let path = folder.join(name);
        write(&path, content).unwrap();
        set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_private_key_is_used_where_nobody_else_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let check = |content: &str, mode| check_identity(&key(folder.path(), "key", content, mode));

        assert_eq!(check(PRIVATE, 0o600), Ok(()));
        assert_eq!(check("-----BEGIN RSA PRIVATE KEY-----\n", 0o400), Ok(()));
        assert!(
            check(PRIVATE, 0o640)
                .unwrap_err()
                .label
                .starts_with("its mode is 0640")
        );
        assert_eq!(
            check("ecdsa-sha2-nistp256 AAAA\n", 0o600).unwrap_err().label,
            "this is the public half"
        );
        assert_eq!(
            check("PuTTY-User-Key-File-3: x\n", 0o600).unwrap_err().label,
            "this is the format of PuTTY"
        );
        assert!(check("-----BEGIN CERTIFICATE-----\n", 0o600).is_err());
        assert_eq!(
            check_identity(folder.path()).unwrap_err().label,
            "this is a folder"
        );
    }

    #[test]
    fn without_a_word_the_keys_that_ssh_tries_are_used_as_far_as_they_are_good() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".ssh")).unwrap();
        let rsa = key(home.path(), ".ssh/id_rsa", PRIVATE, 0o600);
        key(home.path(), ".ssh/id_ed25519", PRIVATE, 0o644);
        let workstation = Workstation {
            directory: PathBuf::new(),
            home: Some(home.path().to_owned()),
            key_files: crate::inventory::KeyFiles::Required,
        };

        assert_eq!(default_identities(&workstation), [rsa]);
        assert_eq!(workstation.path("~/x"), home.path().join("x"));
    }
}
