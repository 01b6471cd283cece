//! Certificates that go from host to host (`certificates = "ssh"`): nothing is uploaded, and each joiner gets them.

use hawser::plan::Plan;
use hawser::topology::{CertificateRoute, Topology};

use crate::inventory::{control_plane, stacked};
use crate::listing::page;
use crate::world::World;

fn over_ssh(control_planes: u8, workers: u8) -> Topology {
    Topology {
        certificates: CertificateRoute::Ssh,
        ..stacked(control_planes, workers)
    }
}

/// The plan's steps about certificates: where, and what.
fn handed(plan: &Plan) -> Vec<String> {
    plan.steps()
        .filter(|step| step.id.0.contains("certificates"))
        .map(|step| format!("{}: {}", step.host, step.title))
        .collect()
}

#[test]
fn a_build() {
    let world = World::fresh(over_ssh(3, 1));

    insta::assert_snapshot!(page(&world, &world.plan()));
}

#[test]
fn a_whole_cluster_leaves_nothing_to_do() {
    let world = World::built(over_ssh(3, 1));

    insta::assert_snapshot!(page(&world, &world.plan()), @"nothing to do");
}

#[test]
fn a_fourth_control_plane() {
    let mut world = World::built(over_ssh(3, 0));
    world.add(control_plane(4));

    insta::assert_snapshot!(page(&world, &world.plan()));
}

#[test]
fn an_emptied_first_control_plane() {
    let mut world = World::built(over_ssh(3, 0));
    world.empty("cp1");

    insta::assert_snapshot!(page(&world, &world.plan()));
}

#[test]
fn a_control_plane_that_is_reset_gets_them_after_the_reset() {
    let mut world = World::built(over_ssh(2, 0));
    world.add(control_plane(3));
    let plan = world.plan().unwrap();
    let write = plan
        .steps()
        .position(|step| step.id.0 == "cp3/write-control-plane-certificates");
    world
        .apply_until(
            &plan,
            crate::doing::Cut {
                after: write.unwrap() + 1,
                parts: 0,
                pace: 0,
            },
        )
        .unwrap();

    insta::assert_snapshot!(page(&world, &world.plan()));
}

#[test]
fn keys_of_another_are_refused_on_either_way() {
    for route in [CertificateRoute::Ssh, CertificateRoute::Upload] {
        let mut world = World::built(Topology {
            certificates: route,
            ..stacked(2, 0)
        });
        world.add(control_plane(3));
        let mut has = |host: &str, sum: &str| {
            let shared = &mut world.machine(host).facts.kubernetes.shared;
            shared.insert("/etc/kubernetes/pki/sa.key".to_owned(), sum.to_owned());
            world.plan()
        };

        assert!(has("cp1", "ours").is_ok());
        assert!(has("cp3", "ours").is_ok(), "as an earlier run has left it");
        let refused = has("cp3", "another's").unwrap_err();
        assert_eq!(refused.len(), 1, "{refused:?}");
        let words = format!("{:?}", refused[0]);
        assert!(
            words.contains("cp3 has certificates or keys that are not this cluster's"),
            "{words}"
        );
    }
}

#[test]
fn who_makes_secrets_locks_every_control_plane() {
    let mut world = World::built(stacked(2, 1));
    let locked = |world: &World| {
        let plan = world.plan().unwrap();
        let hosts = hawser::planner::locked_hosts(&world.topology, &plan);
        let names: Vec<String> = hosts.into_iter().map(|host| host.0).collect();
        names.join(" ")
    };
    assert_eq!(locked(&world), "");

    world.empty("w1");
    assert_eq!(locked(&world), "cp1 cp2 w1");
}

#[test]
fn they_are_read_where_they_are_when_the_speaker_has_lost_its_key() {
    let mut world = World::built(over_ssh(3, 0));
    world.machine("cp1").facts.kubernetes.has_ca_key = false;
    world.add(control_plane(4));

    let plan = world.plan().unwrap();

    insta::assert_debug_snapshot!(handed(&plan), @r#"
    [
        "cp2: read the certificates and keys that control planes share into memory",
        "cp4: copy the certificates and keys that control planes share from cp2",
    ]
    "#);
}

#[test]
fn each_file_has_its_place_and_mode_and_none_is_shown() {
    let world = World::fresh(over_ssh(2, 0));
    let plan = world.plan().unwrap();
    let write = plan
        .steps()
        .find(|step| step.id.0 == "cp2/write-control-plane-certificates")
        .unwrap();

    let files: Vec<String> = write
        .files()
        .iter()
        .map(|file| format!("{} {} {:04o} {:?}", file.path, file.owner, file.mode, file.diff))
        .collect();

    insta::assert_snapshot!(files.join("\n"), @r#"
    /etc/kubernetes/pki/ca.crt root:root 0644 ""
    /etc/kubernetes/pki/ca.key root:root 0600 ""
    /etc/kubernetes/pki/sa.key root:root 0600 ""
    /etc/kubernetes/pki/sa.pub root:root 0600 ""
    /etc/kubernetes/pki/front-proxy-ca.crt root:root 0644 ""
    /etc/kubernetes/pki/front-proxy-ca.key root:root 0600 ""
    /etc/kubernetes/pki/etcd/ca.crt root:root 0644 ""
    /etc/kubernetes/pki/etcd/ca.key root:root 0600 ""
    "#);
    insta::assert_snapshot!(write.change().unwrap().command.stdin().masked(), @r"<certificates and keys of control planes, read by this run>");
}

#[test]
fn no_file_of_the_run_names_a_certificate_key_and_no_command_uploads() {
    let mut world = World::built(over_ssh(2, 0));
    world.add(control_plane(3));

    for plan in [
        World::fresh(over_ssh(3, 1)).plan().unwrap(),
        world.plan().unwrap(),
    ] {
        let text = serde_json::to_string(&plan).unwrap();

        assert!(!text.contains("certificateKey"));
        assert!(!text.contains("upload-certs"));
        assert!(!text.contains("kubeadm-certs"));
    }
}
