//! What creates secrets in the cluster stands in phases that say so: by these a run knows that it locks every control
//! plane, and that it deletes them at its end.

use hawser::plan::{PhaseName, Step};

use crate::recorded::situations;

/// What a script runs that creates a bootstrap token, or uploads certificates.
const CREATING: [&str; 4] = [
    "kubeadm init --config",
    "kubeadm init phase",
    "kubeadm token create",
    "init phase upload-certs",
];

fn creates_secrets(step: &Step) -> bool {
    let line = step.change().map(|change| change.command.line());
    line.is_some_and(|line| CREATING.iter().any(|program| line.contains(program)))
}

#[test]
fn a_step_that_creates_secrets_of_the_cluster_stands_in_a_phase_that_says_so_or_behind_one() {
    let mut found = 0;
    for (name, world) in situations() {
        let plan = world.plan().unwrap();
        let mut has_said_so = false;
        for phase in &plan.phases {
            has_said_so |= phase.name.creates_secrets();
            // etcd's static pod is written by a phase of init that asks no API.
            let creating = phase
                .steps()
                .filter(|step| creates_secrets(step) && !writes_etcds_pod(step));
            for step in creating {
                found += 1;
                assert!(has_said_so, "{name}: {} in {}", step.id, phase.name);
            }
        }
        assert!(
            !has_said_so || plan.cleanup_steps().any(deletes_secrets),
            "{name}"
        );
    }
    assert!(found > 10, "{found}");
}

fn writes_etcds_pod(step: &Step) -> bool {
    let change = step.change().unwrap();
    change.command.line().contains("init phase etcd local")
}

fn deletes_secrets(step: &Step) -> bool {
    let line = step.change().map(|change| change.command.line());
    line.is_some_and(|line| line.contains("delete secret"))
}

#[test]
fn these_phases_create_secrets_and_no_others() {
    let creating: Vec<PhaseName> = PhaseName::ALL
        .iter()
        .copied()
        .filter(|phase| phase.creates_secrets())
        .collect();

    assert_eq!(
        creating,
        [PhaseName::Init, PhaseName::Credentials, PhaseName::JoinCommand]
    );
}
