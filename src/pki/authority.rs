//! etcd's certificate authority: made new, or read back, and what it signs.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use zeroize::Zeroizing;

use super::Pair;
use super::certificate::{Certificate, public_key};
use super::key::PrivateKey;
use super::order::{AUTHORITY_CERTIFICATE, AUTHORITY_KEY, Leaf, Order, Usage};
use crate::topology::KeyAlgorithm;

/// A host's clock may be behind the workstation's: certificates are valid from an hour ago, in seconds.
const BACKDATED: i64 = 60 * 60;

/// kubeadm's `CACertificateValidity`, ten years, in seconds.
const AUTHORITY_LIVES: i64 = 10 * 365 * 24 * 60 * 60;

/// kubeadm's `CertificateValidity`, a year, in seconds.
const LEAF_LIVES: i64 = 365 * 24 * 60 * 60;

/// kubeadm's name for etcd's authority.
const NAME: &str = "etcd-ca";

pub struct Authority {
    certificate: String,
    key: PrivateKey,
    not_after: i64,
}

impl Authority {
    /// A new one. `Err` says what the libraries answered.
    pub fn new(algorithm: KeyAlgorithm, now: Timestamp) -> Result<Self, String> {
        let key = PrivateKey::generate(algorithm)?;
        let not_after = now.as_second() + AUTHORITY_LIVES;
        let mut wanted = parameters(NAME, now, not_after);
        wanted.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        wanted.key_usages.push(KeyUsagePurpose::KeyCertSign);
        wanted.subject_alt_names = vec![name(NAME)?];
        let certificate = wanted.self_signed(&*key.pair).map_err(|error| unsigned(&error))?;
        Ok(Self {
            certificate: certificate.pem(),
            key,
            not_after,
        })
    }

    /// One that is there, from PEM. `Err` where it is none, has ended at `now`, or the key is another's.
    pub fn load(certificate: &str, key: &str, now: Timestamp) -> Result<Self, String> {
        let found = Certificate::read(certificate)?;
        if !found.is_authority {
            return Err("the certificate may not sign others (it is no CA)".to_owned());
        }
        if found.not_after <= now {
            return Err(format!("the certificate ended at {}", found.not_after));
        }
        let key = PrivateKey::load(key)?;
        if rcgen::PublicKeyData::subject_public_key_info(&*key.pair) != public_key(certificate)? {
            return Err("the key does not belong to the certificate".to_owned());
        }
        Ok(Self {
            certificate: certificate.to_owned(),
            key,
            not_after: found.not_after.as_second(),
        })
    }

    /// The authority itself.
    pub fn pair(&self) -> Pair {
        Pair {
            certificate: self.certificate.clone(),
            key: self.key.pem.clone(),
        }
    }

    /// Signs a certificate for a new key. It does not outlive the authority.
    pub fn sign(&self, leaf: &Leaf, algorithm: KeyAlgorithm, now: Timestamp) -> Result<Pair, String> {
        let key = PrivateKey::generate(algorithm)?;
        let not_after = self.not_after.min(now.as_second() + LEAF_LIVES);
        let mut wanted = parameters(&leaf.common_name, now, not_after);
        wanted.use_authority_key_identifier_extension = true;
        wanted.subject_alt_names = leaf
            .names
            .iter()
            .map(|text| name(text))
            .collect::<Result<_, _>>()?;
        wanted.extended_key_usages = match leaf.usage {
            Usage::ServerAndClient => vec![
                ExtendedKeyUsagePurpose::ServerAuth,
                ExtendedKeyUsagePurpose::ClientAuth,
            ],
            Usage::Client => vec![ExtendedKeyUsagePurpose::ClientAuth],
        };
        let issuer =
            Issuer::from_ca_cert_pem(&self.certificate, &*self.key.pair).map_err(|error| unsigned(&error))?;
        let certificate = wanted
            .signed_by(&*key.pair, &issuer)
            .map_err(|error| unsigned(&error))?;
        Ok(Pair {
            certificate: certificate.pem(),
            key: key.pem,
        })
    }

    /// The authority's own files as a host would tell them: a line each, path and content in base64.
    pub fn lines(&self) -> Zeroizing<String> {
        let content = [
            (AUTHORITY_CERTIFICATE, self.certificate.as_str()),
            (AUTHORITY_KEY, self.key.pem.as_str()),
        ];
        lines(&content)
    }

    /// Fills an order, in the form in which a host would tell the bundle. Each RSA key takes a good part of a second.
    pub fn fill(&self, order: &Order, now: Timestamp) -> Result<Zeroizing<String>, String> {
        let pairs: Vec<Pair> = order
            .leaves
            .iter()
            .map(|leaf| self.sign(leaf, order.algorithm, now))
            .collect::<Result<_, _>>()?;
        let key = order.holds_authority_key.then(|| self.key.pem.as_str());
        let keys = pairs.iter().map(|pair| pair.key.as_str());
        let certificates = pairs.iter().map(|pair| pair.certificate.as_str());
        let contents = key
            .into_iter()
            .chain(keys)
            .chain(certificates)
            .chain([self.certificate.as_str()]);
        let paths = order.paths();
        let files: Vec<(&str, &str)> = paths.iter().map(String::as_str).zip(contents).collect();
        Ok(lines(&files))
    }
}

/// Reserved at its full length first: a growing string would leave copies of keys behind.
fn lines(files: &[(&str, &str)]) -> Zeroizing<String> {
    let length = |(path, content): &(&str, &str)| path.len() + content.len().div_ceil(3) * 4 + 2;
    let mut text = Zeroizing::new(String::with_capacity(files.iter().map(length).sum()));
    for (path, content) in files {
        text.push_str(path);
        text.push(' ');
        BASE64_STANDARD.encode_string(content, &mut text);
        text.push('\n');
    }
    text
}

pub(super) fn parameters(common_name: &str, now: Timestamp, not_after: i64) -> CertificateParams {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, common_name);
    let mut wanted = CertificateParams::default();
    wanted.distinguished_name = subject;
    wanted.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyEncipherment,
    ];
    let epoch = date_time_ymd(1970, 1, 1);
    let since = |second: i64| epoch + Duration::from_secs(second.max(0).unsigned_abs());
    wanted.not_before = since(now.as_second() - BACKDATED);
    wanted.not_after = since(not_after);
    wanted
}

pub(super) fn name(text: &str) -> Result<SanType, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    let name = text
        .try_into()
        .map_err(|_| format!("`{text}` cannot stand in a certificate"))?;
    Ok(SanType::DnsName(name))
}

pub(super) fn unsigned(cause: &rcgen::Error) -> String {
    format!("cannot create a certificate: {cause}")
}
