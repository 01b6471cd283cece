//! How etcd runs on hosts of its own.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What starts and watches etcd on hosts of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EtcdManager {
    /// A kubelet that belongs to no cluster runs etcd as a static pod: kubeadm's documented way.
    Kubelet,
    /// A systemd unit runs the host's own etcd; no container runtime is needed.
    Systemd,
}

/// Of which kind new private keys are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyAlgorithm {
    /// RSA of 2048 bits, kubeadm's default.
    #[serde(rename = "rsa-2048")]
    Rsa2048,
    /// ECDSA on the curve P-256.
    #[serde(rename = "ecdsa-p256")]
    EcdsaP256,
}

/// Text that is never shown: a private key or a password that was read from the workstation. Wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub Zeroizing<String>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// A certificate authority of the user's own for etcd. Its key is used from memory and rests on no host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAuthority {
    /// PEM.
    pub certificate: String,
    /// PEM, not encrypted.
    pub key: Secret,
}

/// How etcd runs on hosts of its own; without meaning where it is stacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EtcdSettings {
    pub manager: EtcdManager,
    /// Where its data is on every host; absolute.
    pub data_directory: String,
    pub key_algorithm: KeyAlgorithm,
    /// The user's own authority; hawser makes one where there is none.
    pub authority: Option<UserAuthority>,
    /// Further flags of etcd, without dashes.
    pub arguments: BTreeMap<String, String>,
}

impl Default for EtcdSettings {
    fn default() -> Self {
        Self {
            manager: EtcdManager::Kubelet,
            data_directory: ETCD_DATA.to_owned(),
            key_algorithm: KeyAlgorithm::Rsa2048,
            authority: None,
            arguments: BTreeMap::new(),
        }
    }
}

/// kubeadm's default for etcd's data, and the home of Debian's user etcd.
const ETCD_DATA: &str = "/var/lib/etcd";
