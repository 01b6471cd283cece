use std::time::{Duration, UNIX_EPOCH};

use russh::keys::key::safe_rng;
use russh::keys::ssh_key::certificate::{Builder, CertType};
use russh::keys::{Certificate, EcdsaCurve, PrivateKey};

use super::*;

mod openssh;

/// `ssh-keygen -H` made these of `cp1.example` and `[cp1.example]:2222`.
const HASHED: &str = "|1|EW3QEmAZbIIKegoqh+xIpI1Zf7Q=|J/mfNrfQMnq1AORzamzzZ1cDKPI=";
const HASHED_WITH_PORT: &str = "|1|dwFoaImFqm4wMDv7mundfIpotzk=|o8CDk5VagEK6J5lhihZkTLZKexI=";

const NOW: u64 = 1_800_000_000;

fn key() -> PrivateKey {
    PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).unwrap()
}

/// Type and base64, as a line has them.
fn text(key: &PrivateKey) -> String {
    key.public_key().to_openssh().unwrap().trim().to_owned()
}

fn known(text: &str) -> KnownHosts {
    let mut known = KnownHosts {
        files: vec![PathBuf::from("/kh")],
        lines: Vec::new(),
        unread: Vec::new(),
    };
    known.add(Path::new("/kh"), text);
    known
}

fn evaluate(known_hosts: &str, address: &str, port: u16, shown: &PrivateKey) -> Evaluation {
    let shown = PublicKeyOrCertificate::from(shown.public_key().clone());
    known(known_hosts)
        .of(address, port)
        .evaluate(&shown, UNIX_EPOCH + Duration::from_secs(NOW))
}

fn unknown() -> Evaluation {
    Evaluation::Unknown { remarks: Vec::new() }
}

#[test]
fn the_second_of_two_keys_of_a_type_is_known_too() {
    let (one, two) = (key(), key());
    let lines = format!("cp1 {}\ncp1 {}\n", text(&one), text(&two));

    assert_eq!(evaluate(&lines, "cp1", 22, &two), Evaluation::Trusted);
}

#[test]
fn a_revoked_key_is_refused_even_where_a_plain_line_names_it() {
    let key = key();
    let lines = format!("cp1 {key}\n@revoked * {key}\n", key = text(&key));

    let known_at = "/kh:2".to_owned();
    assert_eq!(
        evaluate(&lines, "cp1", 22, &key),
        Evaluation::Revoked { known_at }
    );
}

#[test]
fn another_key_than_the_known_one_is_a_change_and_the_line_is_told_comments_counted() {
    let (old, new) = (key(), key());
    let lines = format!("# the cluster\n\n  # indented\ncp1 {}\n", text(&old));

    assert_eq!(
        evaluate(&lines, "cp1", 22, &new),
        Evaluation::Changed {
            expected: vec![fingerprint(old.public_key().key_data())],
            known_at: "/kh:4".to_owned()
        }
    );
}

#[test]
fn a_key_of_another_type_than_the_known_one_is_a_change() {
    let curve = EcdsaCurve::NistP256;
    let ecdsa = PrivateKey::random(&mut safe_rng(), Algorithm::Ecdsa { curve }).unwrap();
    let lines = format!("cp1 {}\n", text(&ecdsa));

    assert!(matches!(
        evaluate(&lines, "cp1", 22, &key()),
        Evaluation::Changed { .. }
    ));
}

#[test]
fn algorithms_of_known_keys_are_asked_for_first_and_sha1_never() {
    let curve = EcdsaCurve::NistP384;
    let ecdsa = PrivateKey::random(&mut safe_rng(), Algorithm::Ecdsa { curve }).unwrap();
    let known = known(&format!("cp1 {}\n", text(&ecdsa))).of("cp1", 22);

    let algorithms = known.preferred_algorithms();

    assert_eq!(algorithms.first(), Some(&Algorithm::Ecdsa { curve }));
    assert_eq!(algorithms.len(), 6);
    assert!(!algorithms.contains(&Algorithm::Rsa { hash: None }));
    assert!(known.certificate_algorithms().is_empty());
}

#[test]
fn hashed_names_are_matched_with_and_without_a_port() {
    let key = key();
    let lines = format!("{HASHED} {key}\n{HASHED_WITH_PORT} {key}\n", key = text(&key));

    assert_eq!(evaluate(&lines, "cp1.example", 22, &key), Evaluation::Trusted);
    assert_eq!(evaluate(&lines, "CP1.example", 2222, &key), Evaluation::Trusted);
    assert_eq!(evaluate(&lines, "cp2.example", 22, &key), unknown());
}

#[test]
fn a_port_other_than_22_stands_in_brackets() {
    let key = key();
    let lines = format!("[10.0.0.1]:2222 {}\n", text(&key));

    assert_eq!(evaluate(&lines, "10.0.0.1", 2222, &key), Evaluation::Trusted);
    assert_eq!(evaluate(&lines, "10.0.0.1", 2223, &key), unknown());
    assert_eq!(evaluate(&lines, "10.0.0.1", 22, &key), unknown());
}

#[test]
fn a_line_without_a_port_vouches_for_the_same_key_on_another_port_only() {
    let (one, two) = (key(), key());
    let lines = format!("cp1 {}\n", text(&one));

    assert_eq!(evaluate(&lines, "cp1", 2222, &one), Evaluation::Trusted);
    assert_eq!(evaluate(&lines, "cp1", 2222, &two), unknown());
}

#[test]
fn a_line_for_the_port_is_not_overruled_by_one_without() {
    let (of_port, bare) = (key(), key());
    let lines = format!("cp1 {}\n[cp1]:2222 {}\n", text(&bare), text(&of_port));

    assert_eq!(evaluate(&lines, "cp1", 2222, &of_port), Evaluation::Trusted);
    assert!(matches!(
        evaluate(&lines, "cp1", 2222, &bare),
        Evaluation::Changed { .. }
    ));
}

#[test]
fn a_revocation_without_a_port_counts_on_every_port() {
    let key = key();
    let known_at = "/kh:1".to_owned();
    for line in ["cp1", "[cp1]:2222"] {
        let lines = format!("@revoked cp1 {key}\n{line} {key}\n", key = text(&key));

        let evaluation = evaluate(&lines, "cp1", 2222, &key);

        assert_eq!(
            evaluation,
            Evaluation::Revoked {
                known_at: known_at.clone()
            },
            "{line}"
        );
    }
}

#[test]
fn an_authority_without_a_port_counts_on_every_port_and_is_asked_for() {
    let (host, authority) = (key(), key());
    let lines = format!("@cert-authority cp1 {}\n", text(&authority));
    let known = known(&lines).of("cp1", 2222);

    let evaluation = known.evaluate(
        &certificate(&host, &authority),
        UNIX_EPOCH + Duration::from_secs(NOW),
    );

    assert_eq!(evaluation, Evaluation::Trusted);
    assert_eq!(known.certificate_algorithms().len(), 6);
}

#[test]
fn the_files_are_those_that_ssh_reads() {
    let files = default_files(Some(Path::new("/home/ops")));

    let expected = [
        "/home/ops/.ssh/known_hosts",
        "/home/ops/.ssh/known_hosts2",
        "/etc/ssh/ssh_known_hosts",
        "/etc/ssh/ssh_known_hosts2",
    ];
    assert_eq!(files, expected.map(PathBuf::from));
}

#[test]
fn addresses_of_ipv6_are_matched() {
    let key = key();
    let lines = format!("fd00::1 {key}\n[fd00::2]:2222 {key}\n", key = text(&key));

    assert_eq!(evaluate(&lines, "fd00::1", 22, &key), Evaluation::Trusted);
    assert_eq!(evaluate(&lines, "FD00::2", 2222, &key), Evaluation::Trusted);
}

#[test]
fn wildcards_negations_and_case_are_heeded() {
    let key = key();
    let lines = format!("!cp9.lab.example,*.LAB.example,10.0.0.? {}\n", text(&key));

    assert_eq!(evaluate(&lines, "cp1.lab.Example", 22, &key), Evaluation::Trusted);
    assert_eq!(evaluate(&lines, "10.0.0.7", 22, &key), Evaluation::Trusted);
    assert_eq!(evaluate(&lines, "cp9.lab.example", 22, &key), unknown());
    assert_eq!(evaluate(&lines, "10.0.0.77", 22, &key), unknown());
}

#[test]
fn tabs_and_spaces_separate_fields_and_comments_may_follow() {
    let key = text(&key());
    let (kind, base64) = key.split_once(' ').unwrap();
    let known = known(&format!("\tcp1 \t {kind}  {base64}\tsomeone # here\r\n"));

    assert_eq!(known.of("cp1", 22).named.keys.len(), 1);
    assert!(known.unread.is_empty());
}

#[test]
fn a_bad_line_is_skipped_and_told_where_nothing_else_matches() {
    let (known_key, other) = (key(), key());
    let lines = format!(
        "cp1 ssh-ed25519 AAAA!\n@nonsense cp1 {key}\ncp1 {key}\n",
        key = text(&known_key)
    );

    assert_eq!(evaluate(&lines, "cp1", 22, &known_key), Evaluation::Trusted);
    assert_eq!(
        evaluate(&lines, "cp2", 22, &other),
        Evaluation::Unknown {
            remarks: vec![
                "/kh:1 cannot be read".to_owned(),
                "/kh:2 cannot be read".to_owned()
            ]
        }
    );
}

#[test]
fn a_file_that_is_not_there_knows_nothing_and_one_that_cannot_be_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();

    assert!(KnownHosts::read(vec![folder.path().join("absent")]).is_ok());
    assert!(matches!(
        KnownHosts::read(vec![folder.path().to_owned()]),
        Err(Problem::LocalFile { .. })
    ));
}

#[test]
fn the_line_to_add_makes_the_key_known() {
    let key = key();
    let line = known("").of("10.0.0.1", 2222).line(key.public_key());

    assert!(line.starts_with("[10.0.0.1]:2222 ssh-ed25519 AAAA"));
    assert_eq!(evaluate(&line, "10.0.0.1", 2222, &key), Evaluation::Trusted);
}

/// A certificate for a principal, valid now.
fn certificate_for(
    principal: &str,
    kind: CertType,
    host: &PrivateKey,
    authority: &PrivateKey,
    change: impl FnOnce(&mut Builder),
) -> PublicKeyOrCertificate {
    let public = host.public_key().key_data().clone();
    let mut builder =
        Builder::new_with_random_nonce(&mut safe_rng(), public, NOW - 3600, NOW + 3600).unwrap();
    builder.cert_type(kind).unwrap();
    builder.valid_principal(principal).unwrap();
    change(&mut builder);
    PublicKeyOrCertificate::from(builder.sign(authority).unwrap())
}

fn certificate(host: &PrivateKey, authority: &PrivateKey) -> PublicKeyOrCertificate {
    certificate_for("cp1", CertType::Host, host, authority, |_| {})
}

fn evaluate_certificate(lines: &str, shown: &PublicKeyOrCertificate, now: u64) -> Evaluation {
    known(lines)
        .of("cp1", 22)
        .evaluate(shown, UNIX_EPOCH + Duration::from_secs(now))
}

fn refused_for(why: &str) -> Evaluation {
    Evaluation::Unknown {
        remarks: vec![format!("its certificate does not count: {why}")],
    }
}

#[test]
fn a_certificate_of_a_known_authority_is_trusted_and_asked_for() {
    let (host, authority) = (key(), key());
    let lines = format!("@cert-authority cp* {}\n", text(&authority));
    let shown = certificate(&host, &authority);

    assert_eq!(evaluate_certificate(&lines, &shown, NOW), Evaluation::Trusted);
    assert_eq!(known(&lines).of("cp1", 22).certificate_algorithms().len(), 6);
    assert!(known(&lines).of("lb1", 22).certificate_algorithms().is_empty());
}

#[test]
fn a_plain_key_of_a_host_with_an_authority_is_not_known() {
    let lines = format!("@cert-authority cp* {}\n", text(&key()));

    assert_eq!(evaluate(&lines, "cp1", 22, &key()), unknown());
}

#[test]
fn a_certificate_counts_only_within_its_time() {
    let (host, authority) = (key(), key());
    let lines = format!("@cert-authority * {}\n", text(&authority));
    let shown = certificate(&host, &authority);

    assert_eq!(
        evaluate_certificate(&lines, &shown, NOW + 3600),
        refused_for("it has expired")
    );
    assert_eq!(
        evaluate_certificate(&lines, &shown, NOW - 3601),
        refused_for("it is not valid yet")
    );
}

#[test]
fn a_certificate_of_another_authority_host_or_kind_does_not_count() {
    let (host, authority, other) = (key(), key(), key());
    let lines = format!("@cert-authority * {}\n", text(&authority));
    let foreign_host = certificate(&host, &other);
    let elsewhere = certificate_for("cp2", CertType::Host, &host, &authority, |_| {});
    let user = certificate_for("cp1", CertType::User, &host, &authority, |_| {});
    let limited = certificate_for("cp1", CertType::Host, &host, &authority, |builder| {
        builder.critical_option("force-command", "true").unwrap();
    });

    assert_eq!(
        evaluate_certificate(&lines, &foreign_host, NOW),
        refused_for("it was signed by an authority that no @cert-authority line names")
    );
    assert_eq!(
        evaluate_certificate(&lines, &elsewhere, NOW),
        refused_for("it is for cp2, not for cp1")
    );
    assert_eq!(
        evaluate_certificate(&lines, &user, NOW),
        refused_for("it is a user's certificate, not a host's")
    );
    assert_eq!(
        evaluate_certificate(&lines, &limited, NOW),
        refused_for("it has a critical option, which means nothing for a host")
    );
}

#[test]
fn a_forged_certificate_does_not_count() {
    let (host, authority) = (key(), key());
    let lines = format!("@cert-authority * {}\n", text(&authority));
    let genuine = certificate(&host, &authority);
    let mut bytes = genuine.certificate().unwrap().to_bytes().unwrap();
    let at = bytes.windows(3).position(|window| window == b"cp1").unwrap();
    bytes[at + 2] = b'2';
    let forged = PublicKeyOrCertificate::from(Certificate::from_bytes(&bytes).unwrap());

    let evaluation = known(&lines)
        .of("cp2", 22)
        .evaluate(&forged, UNIX_EPOCH + Duration::from_secs(NOW));

    assert_eq!(evaluation, refused_for("its signature is wrong"));
}

#[test]
fn a_revoked_authority_and_a_revoked_key_end_a_certificate() {
    let (host, authority) = (key(), key());
    let shown = certificate(&host, &authority);
    let trusted = format!("@cert-authority * {}\n", text(&authority));

    let of_authority = format!("{trusted}@revoked * {}\n", text(&authority));
    let of_key = format!("{trusted}@revoked * {}\n", text(&host));

    let known_at = "/kh:2".to_owned();
    let revoked = Evaluation::Revoked { known_at };
    assert_eq!(evaluate_certificate(&of_authority, &shown, NOW), revoked);
    assert_eq!(evaluate_certificate(&of_key, &shown, NOW), revoked);
}
