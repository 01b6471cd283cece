//! Files that hawser writes whole, where somebody else's stand.

use std::collections::BTreeSet;

use hawser::facts::{FileFact, Observed};
use hawser::plan::{Plan, Step};
use hawser::planner::Allowance;
use hawser::remote::files::preparation::CONTAINERD;
use hawser::remote::files::{HAPROXY, KEEPALIVED};
use hawser::remote::wire::Effect;

use crate::inventory::stacked;
use crate::listing::page;
use crate::world::World;

const SHOP: &str = "frontend shop\n  bind *:443\n  default_backend shop\n";

/// A fresh balancer lb1 with this in the place of HAProxy's file.
fn with_haproxy(text: &str) -> World {
    with(HAPROXY, FileFact::new(0o644, "root:root", text))
}

fn with(path: &str, file: FileFact) -> World {
    let mut world = World::fresh(stacked(1, 1));
    let files = &mut world.machine("lb1").facts.files;
    files.insert(path.to_owned(), Observed::Known(file));
    world
}

fn take_over(world: &mut World, path: &str) {
    let host = world.topology.hosts.iter_mut().find(|host| host.name.0 == "lb1");
    host.unwrap().take_over = BTreeSet::from([path.to_owned()]);
}

fn write<'a>(plan: &'a Plan, id: &str) -> &'a Step {
    plan.steps().find(|step| step.id.0 == id).unwrap()
}

#[test]
fn somebody_elses_haproxy_is_refused_with_two_ways() {
    let world = with_haproxy(SHOP);

    insta::assert_snapshot!(page(&world, &world.plan()));
}

#[test]
fn somebody_elses_keepalived_is_refused() {
    let world = with(
        KEEPALIVED,
        FileFact::new(0o644, "root:root", "vrrp_instance shop {}\n"),
    );

    let problems = world.plan().unwrap_err();

    assert_eq!(problems.len(), 1);
    assert!(problems[0].headline().contains(KEEPALIVED));
}

#[test]
fn what_is_no_text_or_was_not_read_is_not_taken_for_hawsers_own() {
    let large = FileFact::too_large(0o644, "root:root", 2_000_000, &"ab".repeat(32));
    let binary = FileFact::new(
        0o644,
        "root:root",
        b"# Written by hawser for demo:\n\xff".as_slice(),
    );

    for file in [large, binary] {
        assert_eq!(with(HAPROXY, file).plan().unwrap_err().len(), 1);
    }
}

#[test]
fn it_is_taken_over_where_the_inventory_says_so_and_kept() {
    let mut world = with_haproxy(SHOP);
    take_over(&mut world, HAPROXY);

    let plan = world.plan().unwrap();

    let step = write(&plan, "lb1/write/etc/haproxy/haproxy.cfg");
    let change = &step.change().unwrap().command;
    assert_eq!(change.effect(), Effect::Destroys);
    assert!(change.line().ends_with(" haproxy sums yes"), "kept beside");
    insta::assert_snapshot!(step.destroys().join("\n"));
    assert_eq!(world.apply(&plan), Ok(()));
    assert!(world.plan().unwrap().is_empty(), "its own from then on");
}

#[test]
fn the_key_for_one_file_takes_over_no_other() {
    let mut world = with_haproxy(SHOP);
    take_over(&mut world, KEEPALIVED);

    assert_eq!(world.plan().unwrap_err().len(), 1);
}

#[test]
fn what_a_package_has_brought_is_replaced() {
    let mut file = FileFact::new(0o644, "root:root", "global\n  log /dev/log local0\n");
    file.is_package_default = true;
    let world = with(HAPROXY, file);

    let plan = world.plan().unwrap();

    let step = write(&plan, "lb1/write/etc/haproxy/haproxy.cfg");
    assert_eq!(
        step.destroys(),
        ["/etc/haproxy/haproxy.cfg as its package brought it"]
    );
    assert!(
        step.change()
            .unwrap()
            .command
            .line()
            .ends_with(" haproxy sums no")
    );
}

#[test]
fn another_clusters_balancer_is_refused() {
    let built = World::built(stacked(1, 1));
    let own = built.hosts[&"lb1".into()].facts.files[HAPROXY]
        .known()
        .unwrap()
        .text()
        .unwrap();
    let cluster = &built.topology.cluster;
    let other = own.replacen(&format!("for {cluster}:"), "for other:", 1);
    assert_ne!(own, other);

    let problems = with_haproxy(&other).plan().unwrap_err();

    assert!(
        problems[0]
            .explain()
            .details
            .concat()
            .contains("for the cluster other")
    );
}

#[test]
fn what_an_earlier_hawser_wrote_is_ours_where_it_names_one_of_our_hosts() {
    let built = World::built(stacked(1, 1));
    for path in [HAPROXY, KEEPALIVED] {
        let own = built.hosts[&"lb1".into()].facts.files[path]
            .known()
            .unwrap()
            .text()
            .unwrap();
        let (_, rest) = own.split_once('\n').unwrap();
        let earlier = format!("# Written by hawser: what is changed here is undone by its next run.\n{rest}");
        let of_others = earlier.replace("10.0.0.", "10.9.9.");

        assert!(
            with(path, FileFact::new(0o644, "root:root", earlier))
                .plan()
                .is_ok()
        );
        assert!(
            with(path, FileFact::new(0o644, "root:root", of_others))
                .plan()
                .is_err()
        );
    }
}

#[test]
fn where_balancers_are_not_written_their_files_are_not_asked_for() {
    let world = with_haproxy(SHOP);
    let allowance = Allowance {
        prepare_only: true,
        ..Allowance::default()
    };

    let planned = hawser::planner::plan(&world.topology, &world.observe(), &allowance);

    assert!(planned.is_ok());
}

#[test]
fn somebody_elses_containerd_is_refused_on_a_bare_host() {
    let found = |text: &str, is_default: bool| {
        let mut file = FileFact::new(0o644, "root:root", text);
        file.is_package_default = is_default;
        let mut world = crate::bare::bare(stacked(1, 1));
        let files = &mut world.machine("w1").facts.files;
        files.insert(CONTAINERD.to_owned(), Observed::Known(file));
        world
    };
    let theirs = "version = 2\n[proxy_plugins]\n";

    let refused = found(theirs, false).plan().unwrap_err();
    assert!(refused[0].headline().contains(CONTAINERD), "{refused:?}");
    for world in [
        found(theirs, true),
        found("# Written by hawser.\nversion = 2\n", false),
    ] {
        let plan = world.plan().unwrap();
        let step = write(&plan, "w1/write/etc/containerd/config.toml");
        assert_eq!(step.change().unwrap().command.effect(), Effect::Destroys);
    }
}
