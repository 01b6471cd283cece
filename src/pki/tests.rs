//! What openssl says of the certificates that are made: the judgement of another program.

use std::path::Path;
use std::process::{Command, Output};

use jiff::{SignedDuration, Timestamp};

use super::{Authority, Certificate, Leaf, Pair, is_signed_by};
use crate::topology::{Host, KeyAlgorithm, Role, any_host};

fn openssl(folder: &Path, arguments: &str) -> Option<Output> {
    let run = Command::new("openssl")
        .current_dir(folder)
        .args(arguments.split_whitespace())
        .output();
    if let Err(error) = &run {
        eprintln!(
            "SKIPPED: openssl cannot be run ({error}); these certificates were seen by our own parser alone"
        );
    }
    run.ok()
}

fn etcd1() -> Host {
    any_host("etcd1", "192.0.2.41", Role::Etcd)
}

/// An authority and what it signs, as files of a folder.
struct Made {
    folder: tempfile::TempDir,
    authority: Authority,
    now: Timestamp,
}

impl Made {
    fn new(algorithm: KeyAlgorithm) -> Self {
        let now = Timestamp::now();
        let made = Self {
            folder: tempfile::tempdir().unwrap(),
            authority: Authority::new(algorithm, now).unwrap(),
            now,
        };
        made.put("ca", &made.authority.pair());
        for (name, leaf) in [
            ("server", Leaf::server(&etcd1())),
            ("peer", Leaf::peer(&etcd1())),
            ("healthcheck", Leaf::healthcheck_client()),
            ("client", Leaf::api_server_client()),
        ] {
            made.put(name, &made.authority.sign(&leaf, algorithm, now).unwrap());
        }
        made
    }

    fn put(&self, name: &str, pair: &Pair) {
        std::fs::write(self.path(name, "crt"), &pair.certificate).unwrap();
        std::fs::write(self.path(name, "key"), pair.key.as_bytes()).unwrap();
    }

    fn path(&self, name: &str, kind: &str) -> std::path::PathBuf {
        self.folder.path().join(format!("{name}.{kind}"))
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name, "crt")).unwrap()
    }

    /// What openssl says; `None` where there is no openssl.
    fn says(&self, arguments: &str) -> Option<(bool, String)> {
        let output = openssl(self.folder.path(), arguments)?;
        let text = [output.stdout, output.stderr].concat();
        Some((output.status.success(), String::from_utf8(text).unwrap()))
    }
}

#[test]
fn openssl_takes_every_certificate_for_its_purpose_and_for_no_other() {
    for algorithm in [KeyAlgorithm::Rsa2048, KeyAlgorithm::EcdsaP256] {
        let made = Made::new(algorithm);
        for (purpose, fitting) in [
            ("sslserver", &["server", "peer"][..]),
            ("sslclient", &["server", "peer", "healthcheck", "client"]),
        ] {
            for name in ["server", "peer", "healthcheck", "client"] {
                let command = format!("verify -x509_strict -CAfile ca.crt -purpose {purpose} {name}.crt");
                let Some((is_taken, reply)) = made.says(&command) else {
                    return;
                };
                assert_eq!(
                    is_taken,
                    fitting.contains(&name),
                    "{algorithm:?} {purpose} {name}: {reply}"
                );
            }
        }
    }
}

#[test]
fn every_key_is_the_one_of_its_certificate() {
    for algorithm in [KeyAlgorithm::Rsa2048, KeyAlgorithm::EcdsaP256] {
        let made = Made::new(algorithm);
        for name in ["ca", "server", "peer", "healthcheck", "client"] {
            let Some((_, of_key)) = made.says(&format!("pkey -pubout -in {name}.key")) else {
                return;
            };
            let (_, of_certificate) = made.says(&format!("x509 -noout -pubkey -in {name}.crt")).unwrap();
            assert_eq!(of_key, of_certificate, "{algorithm:?} {name}");
        }
    }
}

#[test]
fn certificates_say_what_kubeadms_say() {
    let made = Made::new(KeyAlgorithm::EcdsaP256);
    let Some((_, ca)) = made.says(
        "x509 -noout -nameopt RFC2253 -subject -ext keyUsage,basicConstraints,subjectAltName -in ca.crt",
    ) else {
        return;
    };
    let (_, server) = made
        .says("x509 -noout -nameopt RFC2253 -subject -issuer -ext keyUsage,extendedKeyUsage,subjectAltName -in server.crt")
        .unwrap();
    let (_, client) = made
        .says("x509 -noout -nameopt RFC2253 -subject -ext keyUsage,extendedKeyUsage -in client.crt")
        .unwrap();

    let reply = [ca, server, client].concat();
    let lines: Vec<&str> = reply.lines().map(str::trim_end).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    subject=CN=etcd-ca
    X509v3 Subject Alternative Name:
        DNS:etcd-ca
    X509v3 Key Usage: critical
        Digital Signature, Key Encipherment, Certificate Sign
    X509v3 Basic Constraints: critical
        CA:TRUE
    subject=CN=etcd1
    issuer=CN=etcd-ca
    X509v3 Subject Alternative Name:
        DNS:etcd1, DNS:localhost, IP Address:192.0.2.41, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1
    X509v3 Key Usage: critical
        Digital Signature, Key Encipherment
    X509v3 Extended Key Usage:
        TLS Web Server Authentication, TLS Web Client Authentication
    subject=CN=kube-apiserver-etcd-client
    X509v3 Key Usage: critical
        Digital Signature, Key Encipherment
    X509v3 Extended Key Usage:
        TLS Web Client Authentication
    ");
}

#[test]
fn certificates_are_valid_from_an_hour_ago_for_as_long_as_kubeadms() {
    let made = Made::new(KeyAlgorithm::EcdsaP256);
    let lives = |days: i64| made.now + SignedDuration::from_hours(24 * days);
    let second = |time: Timestamp| time.as_second();

    let (ca, server) = (made.read("ca"), made.read("server"));

    assert_eq!(
        second(Certificate::read(&ca).unwrap().not_after),
        second(lives(3650))
    );
    assert_eq!(
        second(Certificate::read(&server).unwrap().not_after),
        second(lives(365))
    );
    let an_hour_ago = made.now - SignedDuration::from_mins(59);
    let epoch = an_hour_ago.as_second();
    let Some((is_valid, reply)) = made.says(&format!("verify -attime {epoch} -CAfile ca.crt server.crt"))
    else {
        return;
    };
    assert!(is_valid, "{reply}");
}

#[test]
fn an_authority_that_is_read_back_signs_on() {
    for algorithm in [KeyAlgorithm::Rsa2048, KeyAlgorithm::EcdsaP256] {
        let made = Made::new(algorithm);
        let Pair { certificate, key } = made.authority.pair();

        let again = Authority::load(&certificate, &key, made.now).unwrap();
        let signed = again.sign(&Leaf::peer(&etcd1()), algorithm, made.now).unwrap();

        assert_eq!(is_signed_by(&signed.certificate, &certificate), Ok(true));
        assert_eq!(is_signed_by(&made.read("peer"), &certificate), Ok(true));
        assert_eq!(is_signed_by(&signed.certificate, &signed.certificate), Ok(false));
    }
}

#[test]
fn an_authority_that_openssl_made_signs_too() {
    let folder = tempfile::tempdir().unwrap();
    let now = Timestamp::now();
    for kind in [
        "rsa:2048",
        "ec -pkeyopt ec_paramgen_curve:P-256",
        "ec -pkeyopt ec_paramgen_curve:P-384",
    ] {
        let command = format!(
            "req -x509 -nodes -newkey {kind} -keyout own.key -out own.crt -days 30 -subj /O=Demo/CN=our-etcd"
        );
        if openssl(folder.path(), &command).is_none() {
            return;
        }
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();

        let authority = Authority::load(&read("own.crt"), &read("own.key"), now).unwrap();
        let signed = authority
            .sign(&Leaf::server(&etcd1()), KeyAlgorithm::EcdsaP256, now)
            .unwrap();

        std::fs::write(folder.path().join("server.crt"), &signed.certificate).unwrap();
        let verified = openssl(folder.path(), "verify -CAfile own.crt server.crt").unwrap();
        assert!(verified.status.success(), "{kind}: {verified:?}");
        assert_eq!(
            Certificate::read(&signed.certificate).unwrap().not_after,
            Certificate::read(&read("own.crt")).unwrap().not_after,
            "no longer than its authority"
        );
    }
}

#[test]
fn what_cannot_sign_is_refused() {
    let now = Timestamp::now();
    let authority = Authority::new(KeyAlgorithm::EcdsaP256, now).unwrap().pair();
    let other = Authority::new(KeyAlgorithm::EcdsaP256, now).unwrap().pair();
    let leaf = Authority::load(&authority.certificate, &authority.key, now)
        .unwrap()
        .sign(&Leaf::healthcheck_client(), KeyAlgorithm::EcdsaP256, now)
        .unwrap();
    let reported =
        |certificate: &str, key: &str, now: Timestamp| Authority::load(certificate, key, now).err().unwrap();
    let in_eleven_years = now + SignedDuration::from_hours(24 * 365 * 11);

    assert_eq!(
        reported(&authority.certificate, &other.key, now),
        "the key does not belong to the certificate"
    );
    assert_eq!(
        reported(&leaf.certificate, &leaf.key, now),
        "the certificate may not sign others (it is no CA)"
    );
    assert!(
        reported(&authority.certificate, &authority.key, in_eleven_years)
            .starts_with("the certificate ended at ")
    );
    assert_eq!(
        reported(&authority.key, &authority.key, now),
        "there is no certificate in it"
    );
}
