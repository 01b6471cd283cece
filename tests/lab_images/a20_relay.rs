//! Each image leaves the workstation once; and where hosts cannot hand it on, it comes from the workstation after all.

use support::hawser::{ended, sent};
use support::host;

use crate::ten::{PUSH, archive, clear, held, names, wanted, warnings, workstation};

/// What the machine sends into the lab's network; what hosts send each other is no part of it.
fn sent_into_the_lab() -> u64 {
    let text = std::fs::read_to_string("/sys/class/net/hawser-lab/statistics/tx_bytes").unwrap();
    text.trim().parse().unwrap()
}

#[test]
fn a20_with_relay_the_archive_leaves_the_workstation_once_and_no_key_stays() {
    for name in names() {
        clear(&name);
    }
    let archive = archive();
    let size = std::fs::metadata(&archive).unwrap().len();

    let before = sent_into_the_lab();
    let ran = workstation()
        .hawser(
            &[
                "images",
                "push",
                "--relay",
                "-o",
                "json",
                archive.to_str().unwrap(),
            ],
            PUSH,
        )
        .exits(0);
    let went = sent_into_the_lab() - before;

    println!(
        "{went} bytes for an archive of {size} in {:.1} s",
        ran.took.as_secs_f64()
    );
    assert_eq!(warnings(&ran.stdout), [serde_json::Value::Null; 0]);
    assert!(sent(&ran.stdout) * 100 < size * 101, "{}", sent(&ran.stdout));
    assert!(went * 10 < size * 11, "{went} bytes for an archive of {size}");
    for name in names() {
        assert_eq!(held(&name), wanted(&name), "{name}");
        assert_eq!(host::exec(&name, "ls /run | grep hawser || :"), "", "{name}");
    }
}

#[test]
fn a21_a_host_behind_a_firewall_gets_its_images_from_the_workstation_and_the_reason_is_told() {
    for name in ["w1", "w2"] {
        clear(name);
    }
    host::exec("w1", "iptables -A INPUT -p tcp --dport 7791 -j DROP");

    let archive = archive();
    let limited = [
        "images",
        "push",
        "--relay",
        "-o",
        "json",
        "--limit",
        "w1",
        "--limit",
        "w2",
        archive.to_str().unwrap(),
    ];
    let ran = workstation().hawser(&limited, PUSH).exits(0);

    host::exec("w1", "iptables -D INPUT -p tcp --dport 7791 -j DROP");
    let reported: Vec<_> = warnings(&ran.stdout)
        .iter()
        .map(|event| event["text"].to_string())
        .collect();
    assert_eq!(reported.len(), 1, "{reported:?}");
    assert!(
        reported[0].contains("w1: ") && reported[0].contains("timed out"),
        "{reported:?}"
    );
    assert_eq!(ended(&ran.stdout, "changed").len(), 6);
    assert_eq!((held("w1"), held("w2")), (wanted("w1"), wanted("w2")));
}
