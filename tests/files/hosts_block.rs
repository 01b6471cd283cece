use hawser::topology::Topology;
use proptest::prelude::*;

use crate::builder::{address, stacked};

fn merged(existing: &[u8], topology: &Topology) -> Vec<u8> {
    let block = hawser::remote::files::block(topology).unwrap();
    hawser::remote::files::hosts_block(existing, &block.unwrap())
}

fn hosts_block(existing: &str, topology: &Topology) -> String {
    String::from_utf8(merged(existing.as_bytes(), topology)).unwrap()
}

const BLOCK: &str = "\
# BEGIN hawser demo
# The cluster's endpoint; hawser writes this block anew when it changes.
192.0.2.10 api.demo.example
# END hawser demo
";

#[test]
fn the_block_is_put_at_the_end() {
    assert_eq!(
        hosts_block("127.0.0.1 localhost\n", &stacked()),
        format!("127.0.0.1 localhost\n{BLOCK}")
    );
    assert_eq!(
        hosts_block("127.0.0.1 localhost", &stacked()),
        format!("127.0.0.1 localhost\n{BLOCK}")
    );
    assert_eq!(hosts_block("", &stacked()), BLOCK);
}

#[test]
fn an_old_block_is_replaced_where_it_stands() {
    let mut moved = stacked();
    moved.endpoint.vip = Some(address("192.0.2.99"));
    let existing = format!("a\n{BLOCK}b\n");

    let changed = hosts_block(&existing, &moved);

    assert_eq!(changed, existing.replace("192.0.2.10 ", "192.0.2.99 "));
}

#[test]
fn another_clusters_block_is_left_alone() {
    let existing = BLOCK.replace("demo", "other");

    assert_eq!(hosts_block(&existing, &stacked()), format!("{existing}{BLOCK}"));
}

#[test]
fn without_a_vip_the_first_balancer_has_the_name() {
    let mut topology = stacked();
    topology.endpoint.vip = None;

    assert!(hosts_block("", &topology).contains("\n192.0.2.2 api.demo.example\n"));
}

#[test]
fn nothing_is_touched_where_no_block_is_wanted() {
    let mut unasked = stacked();
    unasked.endpoint.hosts_file = false;
    let mut by_address = stacked();
    by_address.endpoint.name = "192.0.2.10".to_owned();
    let mut foreign = stacked();
    foreign.endpoint.vip = None;
    foreign.hosts.retain(|host| !host.name.0.starts_with("lb"));

    for topology in [unasked, by_address, foreign] {
        assert_eq!(hawser::remote::files::block(&topology).unwrap(), None);
    }
}

#[test]
fn a_begin_without_an_end_takes_nobodys_lines_away() {
    let existing = "# BEGIN hawser demo\n10.0.0.1 mine\n";

    let once = hosts_block(existing, &stacked());

    assert_eq!(once, format!("{existing}{BLOCK}"));
    assert_eq!(hosts_block(&once, &stacked()), once);
}

/// Files of marks, blocks and other lines in any order, with and without a last line break.
fn files() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("# BEGIN hawser demo\n".to_owned()),
        Just("# END hawser demo\n".to_owned()),
        Just("# BEGIN hawser other\n".to_owned()),
        Just(BLOCK.to_owned()),
        Just(BLOCK.replace('\n', "\r\n")),
        "[a-z0-9. #]{0,6}\r?\n",
    ];
    (proptest::collection::vec(line, 0..8), "[a-z]{0,3}").prop_map(|(lines, last)| lines.concat() + &last)
}

proptest! {
    #[test]
    fn the_second_time_changes_nothing(existing in files()) {
        let once = hosts_block(&existing, &stacked());

        prop_assert!(once.contains(BLOCK));
        prop_assert_eq!(hosts_block(&once, &stacked()), once);
    }

    #[test]
    fn what_stands_around_the_block_stays_byte_for_byte(before in "([a-z #]{0,5}\r?\n){0,4}", after in "([a-z #]{0,5}\r?\n){0,4}[a-z]{0,3}") {
        let existing = format!("{before}# BEGIN hawser demo\n10.0.0.9 old.example\n# END hawser demo\n{after}");

        prop_assert_eq!(hosts_block(&existing, &stacked()), format!("{before}{BLOCK}{after}"));
    }
}
