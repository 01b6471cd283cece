//! Balancers that are not as they should be, and one that is not hawser's.

use hawser::facts::Observed;

use crate::inventory::{behind_a_foreign_balancer, control_plane, stacked};
use crate::listing::page;
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
