//! What an etcd host may hold before a build, and etcd would keep to: refused, explained, and left as it is until the
//! operator types the commands that were told. Then the next test builds.

use serde_json::Value;
use support::hawser::LOOK;
use support::{host, lab};

use crate::{CLUSTER, PROFILE};

/// A cluster of one member has been on this host; etcd's own word for its identity, decimal.
const ANOTHER_CLUSTER_HAS_BEEN_HERE: &str = "
    client=http://127.0.0.1:12379 peer=http://127.0.0.1:12380
    setpriv --reuid etcd --regid etcd --clear-groups etcd --name old1 --data-dir /var/lib/etcd \
        --listen-client-urls $client --advertise-client-urls $client \
        --listen-peer-urls $peer --initial-advertise-peer-urls $peer --initial-cluster old1=$peer >/dev/null 2>&1 &
    etcd=$!
    ctl() { etcdctl --endpoints $client \"$@\"; }
    until ctl put something wanted >/dev/null 2>&1; do kill -0 $etcd || exit 1; done
    ctl member list -w json
    kill $etcd
    wait $etcd || :";

/// Every file of a folder, with its content.
fn sums(name: &str, folder: &str) -> String {
    host::exec(
        name,
        &format!("find {folder} -type f -print0 | sort -z | xargs -0 sha256sum"),
    )
}

/// Whether hawser has done anything on a host.
fn is_untouched(name: &str) -> bool {
    host::is_so(
        name,
        "[ ! -e /etc/kubernetes/pki ] && [ ! -e /run/hawser ] && ! grep -q hawser /etc/hosts",
    )
}

/// The command that a refusal tells for a host.
fn told_command<'a>(reply: &'a str, host: &str, program: &str) -> &'a str {
    let line = reply.lines().find(|line| line.contains(&format!("on {host}: ")));
    let mut quoted = line.unwrap_or_default().split('`').skip(1).step_by(2);
    let command = quoted.find(|command| command.starts_with(program));
    command.unwrap_or_else(|| panic!("no {program} for {host}: {reply}"))
}

#[test]
fn a05_data_of_another_cluster_is_told_and_not_wiped_and_apply_goes_on_when_it_is_moved() {
    lab::up(PROFILE);
    let _ = std::fs::remove_dir_all(CLUSTER.builder().folder());
    let reported: Value = serde_json::from_str(&host::exec("etcd2", ANOTHER_CLUSTER_HAS_BEEN_HERE)).unwrap();
    let identity = format!("{:x}", reported["header"]["cluster_id"].as_u64().unwrap());
    let before = sums("etcd2", "/var/lib/etcd/member");

    let refused = CLUSTER.builder().hawser(&["apply", "--yes"], LOOK).exits(4);

    let reply = refused.reply();
    println!("{reply}");
    for word in [
        "refused: etcd2: /var/lib/etcd holds the data of another etcd cluster".to_owned(),
        format!("it is of the cluster {identity}"),
        "it names the members old1 (http://127.0.0.1:12380)".to_owned(),
    ] {
        assert!(reply.contains(&word), "{word}: {reply}");
    }
    assert_eq!(sums("etcd2", "/var/lib/etcd/member"), before);
    assert!(["etcd1", "etcd2", "cp1"].into_iter().all(is_untouched));

    host::exec("etcd2", told_command(&reply, "etcd2", "mv"));
    CLUSTER.builder().hawser(&["plan"], LOOK).exits(0);
    let moved = before.replace("/var/lib/etcd/member/", "/var/lib/etcd/member.old/");
    assert_eq!(sums("etcd2", "/var/lib/etcd/member.old"), moved);
}

#[test]
fn a05_debians_own_member_is_told_and_neither_stopped_nor_wiped_and_apply_goes_on_when_it_is_off() {
    // As Debian's package leaves it, where nothing keeps it from starting.
    host::exec("etcd3", "systemctl enable -q --now etcd 2>&1");

    let refused = CLUSTER.builder().hawser(&["apply", "--yes"], LOOK).exits(4);

    let reply = refused.reply();
    println!("{reply}");
    assert!(
        reply.contains("refused: etcd3: the distribution's etcd runs")
            && reply.contains("/lib/systemd/system/etcd.service is its unit"),
        "{reply}"
    );
    assert!(host::is_so(
        "etcd3",
        "systemctl is-active -q etcd && test -d /var/lib/etcd/default/member"
    ));
    assert!(["etcd1", "etcd3", "cp1"].into_iter().all(is_untouched));

    host::exec(
        "etcd3",
        &format!("{} 2>&1", told_command(&reply, "etcd3", "systemctl")),
    );
    CLUSTER.builder().hawser(&["plan"], LOOK).exits(0);
    assert!(host::is_so("etcd3", "test -d /var/lib/etcd/default/member"));
}
