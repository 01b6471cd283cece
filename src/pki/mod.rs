//! etcd's certificates: an authority of its own and what it signs, made in memory. Pure but for the operating system's
//! random numbers; the time is given.
//!
//! Subjects, usages and names are kubeadm's (its `certlist.go`), so that kubeadm takes them for its own. Keys are
//! written as kubeadm writes them, PKCS#1 for RSA and SEC1 for ECDSA: kubeadm up to 1.21 reads no ECDSA key in PKCS#8
//! when a control plane downloads it.

mod authority;
mod certificate;
mod key;
mod order;
mod pass;

pub use authority::Authority;
pub use certificate::{Certificate, SOON, is_signed_by};
pub use order::{AUTHORITY_CERTIFICATE, AUTHORITY_KEY, Leaf, Order, Usage};
pub use pass::pass;

use zeroize::Zeroizing;

/// A certificate with its key, both PEM.
pub struct Pair {
    pub certificate: String,
    pub key: Zeroizing<String>,
}

#[cfg(test)]
mod tests;
