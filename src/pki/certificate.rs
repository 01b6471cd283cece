//! What a certificate says of itself.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::Serialize;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::Pem;
use x509_parser::prelude::X509Certificate;

use crate::ca::first_certificate;

/// A certificate that ends within this is warned about, in seconds: 90 days, a quarter of a leaf's life.
pub const SOON: i64 = 90 * 24 * 60 * 60;

/// What stands in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// The subject's common name; empty where there is none.
    pub common_name: String,
    /// DNS names and addresses, in their order.
    pub names: Vec<String>,
    /// Whether it may sign others.
    pub is_authority: bool,
    pub not_after: Timestamp,
}

impl Certificate {
    /// Reads the first certificate of a PEM text. `Err` says what is wrong with it.
    pub fn read(pem: &str) -> Result<Self, String> {
        with(pem, |certificate| {
            let common_name = certificate
                .subject()
                .iter_common_name()
                .next()
                .and_then(|name| name.as_str().ok());
            let not_after = Timestamp::from_second(certificate.validity().not_after.timestamp())
                .map_err(|error| format!("its expiry is unreadable: {error}"))?;
            Ok(Self {
                common_name: common_name.unwrap_or_default().to_owned(),
                names: names(certificate),
                is_authority: certificate.is_ca(),
                not_after,
            })
        })
    }
}

/// Whether a certificate carries the signature of an authority; both PEM. `Err` says which of them cannot be read.
pub fn is_signed_by(pem: &str, authority: &str) -> Result<bool, String> {
    with(authority, |authority| {
        with(pem, |certificate| {
            let is_issuer = certificate.issuer().as_raw() == authority.subject().as_raw();
            let key = authority.public_key();
            Ok(is_issuer && certificate.verify_signature(Some(key)).is_ok())
        })
    })
}

/// The `SubjectPublicKeyInfo` of a certificate, DER.
pub(super) fn public_key(pem: &str) -> Result<Vec<u8>, String> {
    with(pem, |certificate| Ok(certificate.public_key().raw.to_vec()))
}

fn with<T>(pem: &str, look: impl FnOnce(&X509Certificate) -> Result<T, String>) -> Result<T, String> {
    let block: Pem = first_certificate(pem)?;
    let certificate = block
        .parse_x509()
        .map_err(|error| format!("not a certificate: {error}"))?;
    look(&certificate)
}

fn names(certificate: &X509Certificate) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let name = |name: &GeneralName| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    };
    extension.value.general_names.iter().filter_map(name).collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let of_four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    let of_sixteen = <[u8; 16]>::try_from(bytes).map(IpAddr::from);
    of_four.or(of_sixteen).ok()
}
