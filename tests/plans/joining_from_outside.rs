//! What makes a cluster ready for a host that the inventory does not name.

use hawser::error::ExitCode;
use hawser::plan::{Plan, Step};
use hawser::planner::{self, Invitation};
use hawser::topology::{CertificateRoute, Role};

use crate::inventory::{external, stacked};
use crate::world::{OTHER_CA, World};

fn invite(world: &World, role: Role) -> Result<Invitation, Vec<hawser::error::Problem>> {
    let mut observation = world.observe();
    observation.retain(|name, _| world.is_control_plane(name));
    planner::invite(&world.topology, &observation, role)
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.steps()
        .chain(plan.cleanup_steps())
        .map(|step: &Step| step.id.0.as_str())
        .collect()
}

fn refusal(world: &World, role: Role) -> String {
    let problems = invite(world, role).unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_worker_needs_a_token_and_nothing_deletes_it() {
    let world = World::built(stacked(3, 0));

    let invitation = invite(&world, Role::Worker).unwrap();

    assert_eq!(
        names(&invitation.plan),
        [
            "cp1/write/run/hawser/kubeadm-upload.yaml",
            "cp1/create-token",
            "cp1/clear-run-files"
        ]
    );
    assert!(invitation.ca_hash.starts_with("sha256:"));
}

#[test]
fn a_control_plane_needs_the_certificates_too() {
    let world = World::built(stacked(3, 0));

    let invitation = invite(&world, Role::ControlPlane).unwrap();

    assert!(names(&invitation.plan).contains(&"cp1/upload-certificates"));
    assert!(!names(&invitation.plan).contains(&"cp1/delete-secrets"));
}

#[test]
fn what_failed_half_way_is_taken_back() {
    let world = World::built(stacked(1, 0));

    let invitation = invite(&world, Role::ControlPlane).unwrap();

    assert_eq!(names(&invitation.withdrawal), ["cp1/delete-secrets"]);
}

#[test]
fn the_upload_knows_of_external_etcd() {
    let world = World::built(external(1, 0));

    let invitation = invite(&world, Role::ControlPlane).unwrap();

    let write = invitation.plan.steps().next().unwrap();
    let sent = write.change().unwrap().command.stdin().masked();
    assert!(sent.contains("  external:\n"), "{sent}");
    assert!(
        sent.contains("certificateKey: \"<certificate key, made by this run>\""),
        "{sent}"
    );
}

#[test]
fn any_control_plane_that_is_well_will_do() {
    let mut world = World::built(stacked(3, 0));
    world.stop_kubelet("cp1");

    let invitation = invite(&world, Role::Worker).unwrap();

    assert_eq!(invitation.plan.steps().next().unwrap().host, "cp2".into());
}

#[test]
fn nothing_is_uploaded_where_certificates_go_over_ssh() {
    let mut world = World::built(stacked(1, 0));
    world.topology.certificates = CertificateRoute::Ssh;

    insta::assert_snapshot!(refusal(&world, Role::ControlPlane), @r#"
    error: no line can bring in a control plane: certificates = "ssh" uploads nothing to the cluster
    hint: add the host to the inventory, and `hawser apply` carries the certificates to it over SSH; or set certificates = "upload" under [cluster]
    "#);
    assert!(invite(&world, Role::Worker).is_ok());
}

#[test]
fn where_there_is_no_cluster_nothing_can_join() {
    let fresh = World::fresh(stacked(3, 0));

    insta::assert_snapshot!(refusal(&fresh, Role::Worker), @r"
    error: refused: there is no cluster yet that a host could join
      no control plane of the inventory holds anything of a cluster
    hint: `hawser apply` builds or repairs it
    ");
}

#[test]
fn another_run_is_not_disturbed() {
    let mut world = World::built(stacked(1, 0));
    world.machine("cp1").facts.kubernetes.has_leftovers = true;

    insta::assert_snapshot!(refusal(&world, Role::Worker), @r"
    error: refused: cp1: /run/hawser is there, so a run works there or could not clean up
      its files would be overwritten
    hint: wait until it ends, or run `hawser apply`, which removes what an earlier run left
    ");
}

#[test]
fn control_planes_of_different_clusters_are_refused() {
    let mut world = World::built(stacked(3, 0));
    world.machine("cp2").facts.kubernetes.ca = Some(OTHER_CA.to_owned());

    let problems = invite(&world, Role::Worker).unwrap_err();

    assert_eq!(problems[0].explain().exit, ExitCode::Unsafe);
}
