//! Whether a host certificate counts: what russh leaves to its caller.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Algorithm, Certificate, HashAlg};

/// Checks authority, signature, kind, principals, time and options; `Err` says in plain words what is wrong.
pub(super) fn check<'a>(
    certificate: &Certificate,
    mut authorities: impl Iterator<Item = &'a KeyData>,
    host: &str,
    now: SystemTime,
) -> Result<(), String> {
    let authority = certificate.signature_key();
    if !authorities.any(|known| known == authority) {
        return Err("it was signed by an authority that no @cert-authority line names".to_owned());
    }
    if !certificate.cert_type().is_host() {
        return Err("it is a user's certificate, not a host's".to_owned());
    }
    if matches!(
        certificate.signature().algorithm(),
        Algorithm::Rsa { hash: None } | Algorithm::Dsa
    ) {
        return Err("it is signed with SHA-1".to_owned());
    }
    // No principals means every host, as in OpenSSH, and those that there are are names, not patterns.
    let principals = certificate.valid_principals();
    if !principals.is_empty() && !principals.iter().any(|principal| principal == host) {
        return Err(format!("it is for {}, not for {host}", principals.join(", ")));
    }
    if !certificate.critical_options().is_empty() {
        return Err("it has a critical option, which means nothing for a host".to_owned());
    }
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    if seconds < certificate.valid_after() {
        return Err("it is not valid yet".to_owned());
    }
    if seconds >= certificate.valid_before() {
        return Err("it has expired".to_owned());
    }
    certificate
        .validate_at(seconds, [&authority.fingerprint(HashAlg::Sha256)])
        .map_err(|_| "its signature is wrong".to_owned())
}
