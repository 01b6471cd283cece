//! OpenSSH is the judge: `ssh` and hawser are given the same generated known_hosts files, and the same sshd's keys.
//!
//! Each `ssh` speaks to an sshd of its own over its standard streams (`ProxyCommand sshd -i`), so that host and port
//! can be any; the login is not wanted, only whether the host's key was taken.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const SSHD: &str = "/usr/sbin/sshd";

/// How many files are generated.
const FILES: u64 = 360;

/// The name and the ports that are connected to; 22 has no brackets in a line.
const HOST: &str = "cp1.lab.example";
const PORTS: [u16; 3] = [22, 2222, 8022];

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // xorshift64*, which is enough to choose lines.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap() % sides
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.roll(of.len())]
    }
}

/// A server: what it shows, as files in a folder.
struct Server {
    config: String,
    /// Its host keys, the algorithms they sign in, and a certificate if it has one.
    keys: Vec<(PrivateKey, Vec<&'static str>, Option<Certificate>)>,
}

/// The keys of a test: servers', authorities', and those that belong to nobody.
struct Keys {
    folder: tempfile::TempDir,
    lines: Vec<String>,
    authorities: Vec<String>,
    servers: Vec<Server>,
}

const ED25519: &[&str] = &["ssh-ed25519"];
const ECDSA: &[&str] = &["ecdsa-sha2-nistp256"];

/// Principals of the certificate of each server's ed25519 key, as `ssh-keygen -n` takes them, and the authority; a
/// server with none has no certificate.
const SERVERS: [Option<(&str, &str)>; 8] = [
    None,
    None,
    Some((HOST, "ca0")),
    Some((HOST, "ca1")),
    Some(("cp2.lab.example", "ca0")),
    Some(("*.lab.example", "ca0")),
    Some(("CP1.LAB.EXAMPLE", "ca0")),
    Some(("other,cp1.lab.example", "ca1")),
];

fn keygen(arguments: &[&str], folder: &Path) {
    let output = Command::new("ssh-keygen")
        .arg("-q")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

impl Keys {
    fn generate() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let make = |name: &str, kind: &str| {
            keygen(&["-t", kind, "-N", "", "-C", "test", "-f", name], folder.path());
            let public = PublicKey::read_openssh_file(at(&format!("{name}.pub"))).unwrap();
            let line = public.to_openssh().unwrap();
            line.split(' ').take(2).collect::<Vec<_>>().join(" ")
        };
        let authorities: Vec<String> = ["ca0", "ca1"].map(|name| make(name, "ed25519")).into();
        let mut lines = vec![
            make("other", "ed25519"),
            make("other2", "ecdsa"),
            make("other3", "rsa"),
        ];
        let mut servers = Vec::new();
        for (number, certificate) in SERVERS.iter().enumerate() {
            let name = format!("host{number}");
            lines.push(make(&name, "ed25519"));
            let mut config = format!("HostKey {}\n", at(&name).display());
            let private = |name: &str| PrivateKey::read_openssh_file(at(name)).unwrap();
            let certificate = certificate.map(|(principals, authority)| {
                let public = format!("{name}.pub");
                keygen(
                    &["-h", "-I", "x", "-n", principals, "-s", authority, &public],
                    folder.path(),
                );
                let path = at(&format!("{name}-cert.pub"));
                let _ = writeln!(config, "HostCertificate {}", path.display());
                Certificate::read_file(&path).unwrap()
            });
            let mut keys = vec![(private(&name), ED25519.to_vec(), certificate)];
            if number % 2 == 1 {
                let second = format!("second{number}");
                lines.push(make(&second, "ecdsa"));
                let _ = writeln!(config, "HostKey {}", at(&second).display());
                keys.push((private(&second), ECDSA.to_vec(), None));
            }
            config.push_str("UsePAM no\nStrictModes no\nLogLevel QUIET\n");
            let path = at(&format!("config{number}"));
            std::fs::write(&path, config).unwrap();
            servers.push(Server {
                config: path.display().to_string(),
                keys,
            });
        }
        Self {
            folder,
            lines,
            authorities,
            servers,
        }
    }
}

/// A name field: plain, with a port, patterns, negations, hashed, or of somebody else.
fn names(dice: &mut Dice) -> String {
    let upper = HOST.to_uppercase();
    let name = match dice.roll(14) {
        0..=2 => HOST.to_owned(),
        3..=5 => format!("[{HOST}]:2222"),
        6 => format!("[{HOST}]:8022"),
        7 => dice
            .pick(&[
                "*",
                "*.lab.example",
                "cp?.lab.example",
                "[*.lab.example]:2222",
                "[cp1*",
                "*:2222",
            ])
            .to_owned(),
        8 => format!("{},!{HOST}", dice.pick(&["*", "*.lab.example"])),
        9 => format!("!cp2.lab.example,{}", dice.pick(&["*.lab.example", "[*]:2222"])),
        10 => format!("192.0.2.1,{upper},cp3"),
        11 => format!("![{HOST}]:2222,*"),
        12 => "cp2.lab.example".to_owned(),
        // A name of more than a kilobyte makes OpenSSH give up on the line.
        _ => format!(
            "{},{HOST}",
            "long.".repeat(if dice.roll(2) == 0 { 20 } else { 210 })
        ),
    };
    if dice.roll(4) == 0 && !name.contains(['*', '?', '!', ',']) {
        hashed(&name, dice)
    } else {
        name
    }
}

fn hashed(name: &str, dice: &mut Dice) -> String {
    use base64::prelude::{BASE64_STANDARD, Engine};
    use hmac::{Hmac, KeyInit, Mac};
    let salt: Vec<u8> = (0..20).map(|_| u8::try_from(dice.roll(256)).unwrap()).collect();
    let mac = Hmac::<sha1::Sha1>::new_from_slice(&salt).unwrap();
    let hash = mac.chain_update(name).finalize().into_bytes();
    format!(
        "|1|{}|{}",
        BASE64_STANDARD.encode(&salt),
        BASE64_STANDARD.encode(hash)
    )
}

fn garbage(dice: &mut Dice) -> String {
    dice.pick(&[
        "",
        "   ",
        "# a comment",
        "\t# another, cp1.lab.example ssh-ed25519 AAAA",
        "cp1.lab.example",
        "cp1.lab.example ssh-ed25519",
        "cp1.lab.example ssh-ed25519 AAAA!",
        "[cp1.lab.example]:2222 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
        "cp1.lab.example 1024 35 123456789",
        "@nonsense * ssh-ed25519 AAAA",
        "@revoked",
        "@cert-authority *",
        "|1|bm90IGEgc2FsdA==|bm90IGEgaGFzaA== ssh-ed25519 AAAA",
        "\u{1b}[2J\u{fffd}",
    ])
    .to_owned()
}

/// One file: a few lines, in which the server's own keys and authority are likelier than others.
fn file(keys: &Keys, server: &Server, dice: &mut Dice) -> String {
    let own: Vec<String> = server
        .keys
        .iter()
        .map(|(key, _, _)| text(key).split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    let all: Vec<&str> = keys.lines.iter().map(String::as_str).collect();
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let authorities: Vec<&str> = keys.authorities.iter().map(String::as_str).collect();
    let mut text = String::new();
    for _ in 0..=dice.roll(5) {
        let (marker, key) = match dice.roll(10) {
            0 => {
                let _ = writeln!(text, "{}", garbage(dice));
                continue;
            }
            1 => (
                "@revoked",
                if dice.roll(3) == 0 {
                    dice.pick(&authorities)
                } else {
                    dice.pick(&own)
                },
            ),
            2 => ("@revoked", dice.pick(&all)),
            3..=5 => ("@cert-authority", dice.pick(&authorities)),
            6..=8 => ("", dice.pick(&own)),
            _ => ("", dice.pick(&all)),
        };
        let blank = |dice: &mut Dice| dice.pick(&[" ", " ", " ", "  ", "\t"]);
        let mut line = blank(dice).trim_matches(' ').to_owned();
        if !marker.is_empty() {
            line.push_str(marker);
            line.push_str(blank(dice));
        }
        line.push_str(&names(dice));
        line.push_str(blank(dice));
        line.push_str(&key.replace(' ', blank(dice)));
        line.push_str(dice.pick(&["", " me@here", "\tme # there", " "]));
        line.push_str(dice.pick(&["\n", "\n", "\n", "\r\n"]));
        text.push_str(&line);
    }
    text
}

/// What came of it, as far as both tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    Trusted,
    Changed,
    Revoked,
    Unknown,
}

/// What `ssh` makes of it.
fn of_ssh(known_hosts: &Path, server: &Server, algorithms: &str, port: u16) -> Came {
    let output = Command::new("ssh")
        .args(["-F", "/dev/null", "-p", &port.to_string()])
        .arg("-o")
        .arg(format!(
            "ProxyCommand={SSHD} -i -E /dev/null -f {}",
            server.config
        ))
        .arg("-o")
        .arg(format!("UserKnownHostsFile={}", known_hosts.display()))
        .arg("-o")
        .arg(format!("HostKeyAlgorithms={algorithms}"))
        .args([
            "-o",
            "GlobalKnownHostsFile=/dev/null",
            "-o",
            "StrictHostKeyChecking=yes",
        ])
        .args([
            "-o",
            "BatchMode=yes",
            "-o",
            "PreferredAuthentications=none",
            "-o",
            "IdentityAgent=none",
        ])
        .args([&format!("nobody@{HOST}"), "true"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let reply = String::from_utf8_lossy(&output.stderr);
    let says = |text: &str| reply.contains(text);
    match () {
        () if says("Permission denied") => Came::Trusted,
        () if says("is marked as revoked") => Came::Revoked,
        () if says("HOST IDENTIFICATION HAS CHANGED") => Came::Changed,
        () if says("Host key verification failed") => Came::Unknown,
        () => panic!("ssh says: {reply}"),
    }
}

/// What the server shows to who asks for keys in these algorithms, in this order.
fn shown(server: &Server, algorithms: &[String]) -> PublicKeyOrCertificate {
    let shown = algorithms.iter().find_map(|wanted| {
        server.keys.iter().find_map(|(key, names, certificate)| {
            let plain = names.contains(&wanted.as_str());
            let certified = wanted.strip_suffix("-cert-v01@openssh.com");
            match certificate {
                Some(certificate) if certified.is_some_and(|name| names.contains(&name)) => {
                    Some(PublicKeyOrCertificate::from(certificate.clone()))
                }
                _ if plain => Some(PublicKeyOrCertificate::from(key.public_key().clone())),
                _ => None,
            }
        })
    });
    shown.expect("server and client agree on an algorithm")
}

/// The algorithms that hawser offers, in its order.
fn offered(known: &Known) -> Vec<String> {
    let certified = known.certificate_algorithms();
    let certified = certified.iter().filter_map(|algorithm| match algorithm.as_str() {
        name @ ("ssh-ed25519" | "ecdsa-sha2-nistp256") => Some(format!("{name}-cert-v01@openssh.com")),
        _ => None,
    });
    let plain = known.preferred_algorithms();
    let plain = plain.iter().map(|algorithm| algorithm.as_str().to_owned());
    certified.chain(plain).collect()
}

/// Where hawser refuses on purpose what `ssh` takes, and why.
fn is_stricter_on_purpose(known: &Known, shown: &PublicKeyOrCertificate, came: Came) -> Option<&'static str> {
    let is_plain_elsewhere = !known.named.keys.is_empty() && shown.certificate().is_some();
    match came {
        Came::Revoked => Some("a key that is revoked under the bare name, or behind a tab"),
        Came::Changed if is_plain_elsewhere => {
            Some("a certificate's plain key, known under the bare name alone")
        }
        _ => None,
    }
}

#[test]
fn ssh_itself_trusts_what_hawser_trusts_and_refuses_what_it_refuses() {
    if !Path::new(SSHD).exists() {
        eprintln!("SKIPPED: {SSHD} is not installed (apt-get install openssh-server)");
        return;
    }
    let _ = std::fs::create_dir_all("/run/sshd");
    let keys = Keys::generate();
    let counts: [AtomicUsize; 5] = Default::default();
    let compare = |number: u64| {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (number + 1).wrapping_mul(0x1234_5678_9abc_def1));
        let server = &keys.servers[dice.roll(keys.servers.len())];
        let port = PORTS[dice.roll(PORTS.len())];
        let text = file(&keys, server, &mut dice);
        let path = keys.folder.path().join(format!("known_hosts{number}"));
        std::fs::write(&path, &text).unwrap();
        let known = KnownHosts::read(vec![path.clone()]).unwrap().of(HOST, port);
        let algorithms = offered(&known);
        let shown = shown(server, &algorithms);

        let came = match known.evaluate(&shown, SystemTime::now()) {
            Evaluation::Trusted => Came::Trusted,
            Evaluation::Changed { .. } => Came::Changed,
            Evaluation::Revoked { .. } => Came::Revoked,
            Evaluation::Unknown { .. } => Came::Unknown,
        };
        let evaluated = of_ssh(&path, server, &algorithms.join(","), port);

        counts[came as usize].fetch_add(1, Ordering::Relaxed);
        if came != evaluated {
            let reason = is_stricter_on_purpose(&known, &shown, came);
            assert!(
                reason.is_some(),
                "file {number}, port {port}, {}: ssh says {evaluated:?}, hawser {came:?}\n{text}",
                server.config
            );
            counts[4].fetch_add(1, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let compare = &compare;
            scope.spawn(move || (worker..FILES).step_by(4).for_each(compare));
        }
    });

    let counts = counts.map(AtomicUsize::into_inner);
    eprintln!("trusted, changed, revoked, unknown, stricter: {counts:?}");
    // Files that all come to the same would prove nothing.
    assert!(counts.iter().take(4).all(|count| *count >= 20), "{counts:?}");
    assert!(counts[4] * 10 < usize::try_from(FILES).unwrap(), "{counts:?}");
}
