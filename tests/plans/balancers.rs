//! Balancers that are not as they should be, and one that is not hawser's.

use hawser::facts::Observed;

use crate::inventory::{balancer, behind_a_foreign_balancer, control_plane, stacked};
use crate::listing::{limited_to, page};
use crate::world::World;

fn planned(world: &World) -> String {
    page(world, &world.plan())
}

fn status(world: &mut World, balancer: &str, server: &str, status: &str) {
    let found = world.machine(balancer).facts.balancer.as_mut().unwrap();
    let Observed::Known(servers) = &mut found.servers else {
        return;
    };
    let server = servers.iter_mut().find(|found| found.name == server).unwrap();
    status.clone_into(&mut server.status);
}

#[test]
fn a_process_that_was_staged_while_its_file_was_kept_in_step() {
    let mut world = World::built(stacked(2, 0));
    let found = world.machine("lb1").facts.balancer.as_mut().unwrap();
    found.running = Observed::Known(Some("hawser 0123456789abcdef".to_owned()));

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_member_that_is_not_let_in() {
    let mut world = World::built(stacked(2, 0));
    status(&mut world, "lb1", "cp2", "DRAIN");
    status(&mut world, "lb2", "cp2", "DRAIN");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_member_that_one_balancer_alone_has_let_in() {
    let mut world = World::built(stacked(2, 0));
    status(&mut world, "lb2", "cp2", "MAINT");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn haproxy_is_down_on_one_balancer() {
    let mut world = World::built(stacked(2, 0));
    world.machine("lb2").unit("haproxy", false);
    let found = world.machine("lb2").facts.balancer.as_mut().unwrap();
    found.running = Observed::Known(None);
    found.servers = Observed::Known(vec![]);

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_new_balancer_takes_an_old_ones_place() {
    let mut world = World::built(stacked(2, 0));
    world.empty("lb1");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_new_balancer_alone_waits_with_its_keepalived_until_the_others_know_it() {
    let mut world = World::built(stacked(2, 0));
    world.add(balancer(3));

    let alone = world.plan_with(&limited_to(&["lb3"]));

    insta::assert_snapshot!(page(&world, &alone), @r"
    set up balancers
      lb3  write /etc/haproxy/haproxy.cfg
      lb3  apply the configuration of HAProxy
    warning: keepalived is not started on lb3: the keepalived of lb1, lb2 is not configured for it yet, so two hosts would hold the VIP. `hawser apply --limit lb1 --limit lb2 --limit lb3` configures all of them
    warning: --limit leaves out the changes on lb1, lb2; `hawser apply --limit lb1 --limit lb2` applies them
    ");
    world.apply(&alone.unwrap()).unwrap();
    let others = world.plan_with(&limited_to(&["lb1", "lb2"]));
    insta::assert_snapshot!(page(&world, &others), @r"
    set up balancers
      lb1  write /etc/keepalived/keepalived.conf
           ! the current content of /etc/keepalived/keepalived.conf (SHA-256 eb1a902fab29…)
      lb1  apply the configuration of keepalived
      lb1  wait for a balancer to hold 10.0.0.100
      lb2  write /etc/keepalived/keepalived.conf
           ! the current content of /etc/keepalived/keepalived.conf (SHA-256 fd8efe341321…)
      lb2  apply the configuration of keepalived
      lb2  wait for a balancer to hold 10.0.0.100
    warning: --limit leaves out the changes on lb3; `hawser apply --limit lb3` applies them
    ");
    world.apply(&others.unwrap()).unwrap();
    let last = world.plan_with(&limited_to(&["lb3"]));
    insta::assert_snapshot!(page(&world, &last), @r"
    set up balancers
      lb3  write /etc/keepalived/keepalived.conf
      lb3  apply the configuration of keepalived
      lb3  wait for a balancer to hold 10.0.0.100
    ");
}

#[test]
fn a_balancer_that_the_others_know_comes_back_alone() {
    let mut world = World::built(stacked(2, 0));
    world.empty("lb2");

    let plan = world.plan_with(&limited_to(&["lb2"])).unwrap();

    assert_eq!(world.apply(&plan), Ok(()));
    assert!(world.plan().unwrap().is_empty());
}

#[test]
fn a_build_behind_a_balancer_that_is_not_hawsers() {
    let world = World::fresh(behind_a_foreign_balancer(2, 1));

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_control_plane_more_behind_a_balancer_that_is_not_hawsers() {
    let mut world = World::built(behind_a_foreign_balancer(1, 0));
    world.add(control_plane(2));

    insta::assert_snapshot!(planned(&world));
}
