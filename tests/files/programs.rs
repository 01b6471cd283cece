//! What haproxy and keepalived themselves say of their files, where they are installed.

use std::io::{ErrorKind, Write};
use std::process::{Command, Output};

use hawser::remote::files::{haproxy, keepalived};
use hawser::topology::Topology;

use crate::builder::{address, find, stacked};

/// Runs a program's own check of a file; says so aloud where the program is absent.
fn check(program: &str, arguments: &[&str], text: &str) -> Option<Output> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    match Command::new(program).args(arguments).arg(file.path()).output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Straight to standard error: libtest swallows what `eprintln!` prints in a test that passes.
            let aloud = format!(
                "SKIPPED: {program} is not installed, so its file was not checked by it
"
            );
            std::io::stderr().write_all(aloud.as_bytes()).unwrap();
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

fn assert_haproxy_accepts(topology: &Topology, ready: &[&str]) {
    let ready: Vec<_> = ready.iter().map(|name| (*name).into()).collect();
    let file = haproxy(topology, find(topology, "lb1"), &ready).unwrap();
    if let Some(output) = check("haproxy", &["-c", "-V", "-f"], &file.content.masked()) {
        let reply = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success() && !reply.contains("WARNING"), "{reply}");
    }
}

fn assert_keepalived_accepts(topology: &Topology) {
    let file = keepalived(topology, find(topology, "lb1"), &interface()).unwrap();
    if let Some(output) = check("keepalived", &["--config-test", "-f"], &file.content.masked()) {
        let reply = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success() && reply.is_empty(), "{reply}");
    }
}

/// One of this machine's, since keepalived takes no other: up, and able to multicast, which
/// a sole balancer falls back to.
fn interface() -> String {
    const UP: u32 = 0x1;
    const LOOPBACK: u32 = 0x8;
    const MULTICAST: u32 = 0x1000;
    let is_fit = |name: &String| {
        let flags = std::fs::read_to_string(format!("/sys/class/net/{name}/flags")).unwrap_or_default();
        let flags = u32::from_str_radix(flags.trim().trim_start_matches("0x"), 16).unwrap_or_default();
        flags & (UP | LOOPBACK | MULTICAST) == UP | MULTICAST
    };
    let names = std::fs::read_dir("/sys/class/net").unwrap();
    names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .find(is_fit)
        .expect("a network interface besides the loopback")
}

fn with_ipv6() -> Topology {
    let mut topology = stacked();
    topology.endpoint.vip = Some(address("2001:db8::10"));
    for (index, host) in topology.hosts.iter_mut().enumerate() {
        host.address = address(&format!("2001:db8::1:{index}"));
    }
    topology
}

#[test]
fn haproxy_accepts_every_stage_of_membership() {
    assert_haproxy_accepts(&stacked(), &[]);
    assert_haproxy_accepts(&stacked(), &["cp1"]);
    assert_haproxy_accepts(&stacked(), &["cp1", "cp2"]);
    assert_haproxy_accepts(&stacked(), &["cp1", "cp2", "cp3"]);
}

#[test]
fn haproxy_accepts_ipv6() {
    assert_haproxy_accepts(&with_ipv6(), &["cp1", "cp2"]);
}

#[test]
fn keepalived_accepts_two_balancers_and_one() {
    let mut one = stacked();
    one.hosts.retain(|host| host.name != "lb2".into());

    assert_keepalived_accepts(&stacked());
    assert_keepalived_accepts(&one);
}

#[test]
fn keepalived_accepts_ipv6() {
    assert_keepalived_accepts(&with_ipv6());
}
