//! The host that holds the VIP loses its power: with it go a balancer, an API server and a member of etcd.

use std::time::{Duration, Instant};

use support::hawser::LOOK;
use support::wait::{LONG, until};
use support::{host, lab};

use crate::cluster::holder;
use crate::{CLUSTER, ENDPOINT};

/// keepalived takes the VIP within 4 s; the rest is for an etcd whose leader is gone, on two cores.
const AGAIN: Duration = Duration::from_secs(30);

#[test]
fn a40_the_api_outlives_the_host_that_holds_the_vip() {
    let administrator = CLUSTER.at_the_endpoint();
    let first = until("one host holds the VIP", LONG, holder);

    lab::kill(first);
    let killed = Instant::now();
    until("the API answers again", AGAIN, || {
        administrator
            .credentials
            .get(ENDPOINT, "/readyz", Duration::from_secs(2))
    });
    let namespace = r#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "written-meanwhile"}}"#;
    until("the API takes a write", AGAIN, || {
        administrator.kubectl.apply(namespace)
    });
    println!(
        "{first} killed: read and written again after {:.1} s",
        killed.elapsed().as_secs_f64()
    );

    let second = holder().unwrap();
    assert_ne!(second, first);
    lab::power_cycle(first);
    until("its balancer is back", LONG, || {
        let is_back = "systemctl is-active -q haproxy keepalived &&
            journalctl -b -u keepalived -o cat | grep -q 'Entering BACKUP STATE'";
        host::is_so(first, is_back)
            .then_some(())
            .ok_or_else(|| "not active".to_owned())
    });
    assert_eq!(holder().as_deref(), Ok(second), "what returns takes nothing away");
    until("nothing is left to do", LONG, || {
        let plan = CLUSTER.builder().hawser(&["plan", "--detailed-exitcode"], LOOK);
        plan.answer()
    });
}
