//! The cluster CA's public key hash, by which a joining host knows the right cluster.

use sha2::{Digest, Sha256};
use x509_parser::pem::{Pem, parse_x509_pem};

/// `sha256:` and the hash of a CA certificate's public key, as `discovery-token-ca-cert-hash` takes it.
///
/// Takes the first certificate of a PEM text; text before it is passed over. `Err` says what is wrong with it.
/// Source: RFC 7469 section 2.4 (SHA-256 over the DER `SubjectPublicKeyInfo`), which kubeadm's pubkeypin follows.
pub fn ca_hash(pem: &str) -> Result<String, String> {
    let block = first_certificate(pem)?;
    let certificate = block
        .parse_x509()
        .map_err(|error| format!("not a certificate: {error}"))?;
    let digest = Sha256::digest(certificate.public_key().raw);
    Ok(format!("sha256:{}", hex::encode(digest)))
}

/// The first certificate of a PEM text; text before it is passed over.
pub(crate) fn first_certificate(pem: &str) -> Result<Pem, String> {
    let start = pem.find(BEGIN).ok_or("there is no certificate in it")?;
    let text = pem.get(start..).unwrap_or_default();
    let (_, block) = parse_x509_pem(text.as_bytes()).map_err(|error| format!("not PEM: {error}"))?;
    Ok(block)
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

/// The SHA-256 of a certificate without its white space, hexadecimal.
pub fn sum_of_pem(pem: &str) -> String {
    let packed: String = pem.split_ascii_whitespace().collect();
    hex::encode(Sha256::digest(packed))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `openssl req -x509`; its hash by `openssl x509 -pubkey | openssl pkey -pubin -outform der | sha256sum`.
    const CERTIFICATE: &str = include_str!("../tests/data/ca.crt");
    const HASH: &str = "sha256:a2112acee380ed02819c31f0b6ec8ea3d3401ec4928306e6211eb0341cfdb757";

    #[test]
    fn the_hash_of_a_certificate_is_the_one_openssl_gives() {
        assert_eq!(ca_hash(CERTIFICATE).as_deref(), Ok(HASH));
    }

    #[test]
    fn text_before_the_certificate_is_passed_over() {
        assert_eq!(
            ca_hash(&format!("subject: kubernetes\n{CERTIFICATE}")).as_deref(),
            Ok(HASH)
        );
    }

    #[test]
    fn what_is_no_certificate_has_no_hash() {
        let broken = format!("{BEGIN}\nAAAA\n-----END CERTIFICATE-----\n");

        assert_eq!(
            ca_hash("cat: ca.crt: No such file").unwrap_err(),
            "there is no certificate in it"
        );
        assert!(ca_hash(&broken).unwrap_err().starts_with("not a certificate"));
    }
}
