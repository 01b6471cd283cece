//! The cluster that was built is whole, by every way of asking.

use std::time::Duration;

use support::external::{CONTROL_PLANES, ETCD};
use support::{etcd, lab};

use crate::{CLUSTER, ENDPOINT, NODES, PROFILE};

#[test]
fn a20_each_etcd_host_finds_all_three_members_healthy_under_one_leader() {
    let urls = ETCD.map(|name| format!("https://{}:2379", lab::address(PROFILE, name)));

    for name in ETCD {
        assert_eq!(etcd::healthy(name).as_deref(), Ok(&urls[..]), "{name}");
        assert_eq!(etcd::members(name).unwrap(), ETCD, "{name}");
        assert_eq!(etcd::leader(name), etcd::leader("etcd1"), "{name}");
    }
}

#[test]
fn a20_each_api_server_is_ready_directly_and_through_the_vip() {
    let administrator = CLUSTER.at_the_endpoint();
    let mut servers = CONTROL_PLANES.map(|name| lab::address(PROFILE, name)).to_vec();
    servers.push(ENDPOINT.to_owned());

    for server in servers {
        let answer = administrator
            .credentials
            .get(&server, "/readyz", Duration::from_secs(20));
        assert_eq!(answer.as_deref(), Ok("ok"), "{server}");
    }
    let mut ready = administrator.kubectl.ready_nodes().unwrap();
    ready.sort();
    assert_eq!(ready, NODES);
}
