//! Private key files: each is read once per run, and its passphrase asked for once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use russh::keys::{Error as KeyError, PrivateKey, PublicKey, decode_secret_key};
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use super::prompt::Operator;
use crate::error::Problem;

pub(super) struct Identities {
    operator: Operator,
    files: Mutex<BTreeMap<PathBuf, Arc<IdentityFile>>>,
}

pub(super) struct IdentityFile {
    path: PathBuf,
    public: Option<PublicKey>,
    key: OnceCell<Result<Arc<PrivateKey>, Problem>>,
}

impl Identities {
    pub(super) fn new(operator: Operator) -> Self {
        Self {
            operator,
            files: Mutex::default(),
        }
    }

    /// A key file; its passphrase is not asked for yet.
    pub(super) fn file(&self, path: &Path) -> Arc<IdentityFile> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let file = files
            .entry(path.to_owned())
            .or_insert_with(|| Arc::new(IdentityFile::new(path)));
        Arc::clone(file)
    }

    /// The private key of a file; the first caller's question is everybody's.
    pub(super) async fn key(&self, file: &IdentityFile) -> Result<Arc<PrivateKey>, Problem> {
        file.key.get_or_init(|| self.load(&file.path)).await.clone()
    }

    async fn load(&self, path: &Path) -> Result<Arc<PrivateKey>, Problem> {
        let unusable = |cause: String| Problem::Identity {
            path: path.display().to_string(),
            cause,
        };
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|error| unusable(error.to_string()))?;
        let key = match decode_secret_key(&text, None) {
            Ok(key) => key,
            Err(error) if !is_encrypted(&text, &error) => {
                return Err(unusable(format!(
                    "it cannot be read as a private key ({error}); where `ssh-add` reads it, the agent serves as well"
                )));
            }
            Err(_) => {
                let asked_for = path.to_owned();
                let passphrase = self
                    .operator
                    .ask(move |prompter| prompter.passphrase(&asked_for))
                    .await?;
                decode_secret_key(&text, Some(&passphrase))
                    .map_err(|_| unusable("the passphrase is wrong".to_owned()))?
            }
        };
        Ok(Arc::new(key))
    }
}

impl IdentityFile {
    fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            public: public_part(path),
            key: OnceCell::new(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The public part, where it can be told without a passphrase.
    pub(super) fn public(&self) -> Option<&PublicKey> {
        self.public.as_ref()
    }
}

/// From the `.pub` file beside it, or from the file itself, in which OpenSSH leaves the public part in clear.
fn public_part(path: &Path) -> Option<PublicKey> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".pub");
    PublicKey::read_openssh_file(beside).ok().or_else(|| {
        let text = Zeroizing::new(std::fs::read_to_string(path).ok()?);
        let key = PrivateKey::from_openssh(text.as_bytes()).ok()?;
        Some(key.public_key().clone())
    })
}

fn is_encrypted(text: &str, error: &KeyError) -> bool {
    matches!(error, KeyError::KeyIsEncrypted) || text.lines().take(3).any(|line| line.contains("ENCRYPTED"))
}
