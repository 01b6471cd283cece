//! Private keys: made, read from PEM, and written as kubeadm writes them.

use p256::elliptic_curve::Generate;
use p256::pkcs8::{EncodePrivateKey, LineEnding, SecretDocument};
use rcgen::KeyPair;
use rsa::RsaPrivateKey;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use zeroize::Zeroizing;

use crate::topology::KeyAlgorithm;

/// kubeadm's default size, in bits.
const RSA_BITS: usize = 2048;

/// A private key, ready to sign and ready to be written.
pub(super) struct PrivateKey {
    pub(super) pair: Zeroizing<KeyPair>,
    pub(super) pem: Zeroizing<String>,
}

impl PrivateKey {
    /// A new key from the operating system's generator. RSA takes a good part of a second.
    pub(super) fn generate(algorithm: KeyAlgorithm) -> Result<Self, String> {
        let failed = |cause: &dyn std::fmt::Display| format!("cannot create a key: {cause}");
        let mut random = rand::rng();
        match algorithm {
            KeyAlgorithm::Rsa2048 => {
                let key = RsaPrivateKey::new(&mut random, RSA_BITS).map_err(|error| failed(&error))?;
                Self::of_rsa(&key)
            }
            KeyAlgorithm::EcdsaP256 => Self::of_ecdsa(&p256::SecretKey::generate_from_rng(&mut random)),
        }
    }

    /// Reads a key as openssl and kubeadm write them: PKCS#1 (RSA), SEC1 (ECDSA P-256) or PKCS#8 (either, and P-384),
    /// not encrypted. `Err` says what is wrong, without a word of the key.
    pub(super) fn load(pem: &str) -> Result<Self, String> {
        if let Some(block) = block(pem, "RSA PRIVATE KEY") {
            let key = RsaPrivateKey::from_pkcs1_pem(&block);
            return Self::of_rsa(&key.map_err(|error| format!("not an RSA key: {error}"))?);
        }
        if let Some(block) = block(pem, "EC PRIVATE KEY") {
            let key = p256::SecretKey::from_sec1_pem(&block);
            let wrong =
                "not an ECDSA key of the curve P-256; `openssl pkcs8 -topk8 -nocrypt` makes others readable";
            return Self::of_ecdsa(&key.map_err(|_| wrong.to_owned())?);
        }
        if let Some(block) = block(pem, "PRIVATE KEY") {
            let pair =
                KeyPair::from_pem(&block).map_err(|error| format!("not an RSA or ECDSA key: {error}"))?;
            return Ok(Self {
                pair: Zeroizing::new(pair),
                pem: block,
            });
        }
        Err(if pem.contains("ENCRYPTED") {
            "the key is encrypted; `openssl pkey` writes it without a passphrase".to_owned()
        } else {
            "there is no private key in it".to_owned()
        })
    }

    fn of_rsa(key: &RsaPrivateKey) -> Result<Self, String> {
        let pem = key
            .to_pkcs1_pem(LineEnding::LF)
            .map_err(|error| unwritable(&error))?;
        Self::with(&key.to_pkcs8_der().map_err(|error| unwritable(&error))?, pem)
    }

    fn of_ecdsa(key: &p256::SecretKey) -> Result<Self, String> {
        let pem = key
            .to_sec1_pem(LineEnding::LF)
            .map_err(|error| unwritable(&error))?;
        Self::with(&key.to_pkcs8_der().map_err(|error| unwritable(&error))?, pem)
    }

    fn with(pkcs8: &SecretDocument, pem: Zeroizing<String>) -> Result<Self, String> {
        let pair = KeyPair::try_from(pkcs8.as_bytes()).map_err(|error| unwritable(&error))?;
        Ok(Self {
            pair: Zeroizing::new(pair),
            pem,
        })
    }
}

fn unwritable(cause: &dyn std::fmt::Display) -> String {
    format!("the key cannot be written: {cause}")
}

/// The first block of a label, whatever stands around it.
fn block(pem: &str, label: &str) -> Option<Zeroizing<String>> {
    let (begin, end) = (
        format!("-----BEGIN {label}-----"),
        format!("-----END {label}-----"),
    );
    let start = pem.find(&begin)?;
    let length = pem.get(start..)?.find(&end)? + end.len();
    let lines = pem.get(start..start + length)?.lines().map(str::trim_end);
    let mut block = Zeroizing::new(String::with_capacity(length + 1));
    for line in lines {
        block.push_str(line);
        block.push('\n');
    }
    Some(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_in_the_encodings_that_every_kubeadm_reads() {
        let rsa = PrivateKey::generate(KeyAlgorithm::Rsa2048).unwrap();
        let ecdsa = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();

        assert!(rsa.pem.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
        assert!(ecdsa.pem.starts_with("-----BEGIN EC PRIVATE KEY-----\n"));
    }

    #[test]
    fn a_key_that_was_written_is_read_back() {
        for algorithm in [KeyAlgorithm::Rsa2048, KeyAlgorithm::EcdsaP256] {
            let made = PrivateKey::generate(algorithm).unwrap();

            let read = PrivateKey::load(&format!("some text\r\n{}", made.pem.replace('\n', "\r\n"))).unwrap();

            assert_eq!(*read.pem, *made.pem);
            assert_eq!(read.pair.public_key_raw(), made.pair.public_key_raw());
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        let reported = |pem: &str| PrivateKey::load(pem).err().unwrap();

        assert_eq!(reported("c2VjcmV0"), "there is no private key in it");
        assert!(
            reported("-----BEGIN ENCRYPTED PRIVATE KEY-----\nc2VjcmV0\n").contains("without a passphrase")
        );
        for label in ["RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY"] {
            let broken = format!("-----BEGIN {label}-----\nc2VjcmV0\n-----END {label}-----\n");
            assert!(!reported(&broken).contains("c2VjcmV0"), "{label}");
        }
    }
}
