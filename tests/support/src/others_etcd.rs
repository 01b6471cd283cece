//! A live etcd of another program in /var/lib/etcd of a host that is to join.

use crate::hawser::{BUILD, Workstation};
use crate::{host, lab};

const START: &str = "
    set -e
    client=http://127.0.0.1:12379 peer=http://127.0.0.1:12380
    systemd-run -q --unit others-etcd etcd --data-dir /var/lib/etcd --listen-client-urls $client \
        --advertise-client-urls $client --listen-peer-urls $peer --initial-advertise-peer-urls $peer \
        --initial-cluster default=$peer
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        ! ETCDCTL_API=3 etcdctl --endpoints $client put mine kept || exit 0
        sleep 1
    done
    exit 1";

const READ: &str = "ETCDCTL_API=3 etcdctl --endpoints http://127.0.0.1:12379 get mine --print-value-only";

/// A fresh host of this role is refused, named with the directory, and the etcd has all that it had.
pub fn is_refused(profile: &str, name: &str, address: &str, role: &str) {
    lab::add(name, address);
    host::exec(name, START);
    let inventory = lab::inventory_text(profile) + &lab::host_entry(name, address, role);
    let workstation = Workstation::with_text(&inventory);

    for arguments in [&["apply", "--yes"][..], &["apply", "--yes", "--skip-check"]] {
        let ran = workstation.hawser(arguments, BUILD).exits(4);

        let refused =
            format!("{name} holds data of an etcd member that this cluster does not list: /var/lib/etcd");
        assert!(ran.reply().contains(&refused), "{}", ran.reply());
        assert!(
            ran.reply().contains("/var/lib/etcd is of member "),
            "{}",
            ran.reply()
        );
        assert_eq!(host::exec(name, READ).trim(), "kept");
    }
    lab::kill(name);
}
