//! What two hosts know each other by while one hands the other something, once.

use jiff::Timestamp;
use rcgen::{ExtendedKeyUsagePurpose, SanType};

use super::authority::{name, parameters, unsigned};
use super::key::PrivateKey;
use crate::topology::KeyAlgorithm;

/// The name in the certificate, which both hosts expect.
const NAME: &str = "hawser";

/// Hosts' clocks may differ by this; the key itself is gone from both when the transfer ends, in seconds.
const LIVES: i64 = 24 * 60 * 60;

/// A new certificate that vouches for itself, and its key: PEM, one after the other. Each host shows it and takes it
/// alone. `Err` says what the libraries answered.
pub fn pass(now: Timestamp) -> Result<String, String> {
    let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256)?;
    let mut wanted = parameters(NAME, now, now.as_second() + LIVES);
    let names: SanType = name(NAME)?;
    wanted.subject_alt_names = vec![names];
    wanted.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    let certificate = wanted.self_signed(&*key.pair).map_err(|error| unsigned(&error))?;
    let certificate = certificate.pem();
    // Reserved at its full length first: a growing string would leave a copy of the key behind.
    let mut pass = String::with_capacity(certificate.len() + key.pem.len());
    pass.push_str(&certificate);
    pass.push_str(&key.pem);
    Ok(pass)
}
