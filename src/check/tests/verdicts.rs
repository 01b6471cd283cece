//! Each cause is named and graded by how far the cluster is built.

mod names;
mod peers;

use super::*;
use crate::archive::sample;
use crate::check::{Cause, Evaluation, Grade, Purpose, evaluate, evaluate_vrrp};
use crate::facts::{Installed, Peer, PreparationFacts, Reached, Trial};

/// From the worker to something.
fn evaluated(observation: &Observation, to: &str, purpose: Purpose, trial: &Trial) -> Evaluation {
    let topology = &stacked();
    let scene = Scene {
        topology,
        observation,
    };
    evaluate(&scene, &cell(topology, "w1", to, purpose), trial)
}

fn grade(observation: &Observation, to: &str, purpose: Purpose, trial: &Trial) -> Grade {
    evaluated(observation, to, purpose, trial).grade
}

#[test]
fn before_init_a_refusal_is_fine_and_silence_is_not() {
    let hosts = with_balancers(fresh(&stacked()));

    for (to, purpose) in [("cp1", Purpose::ApiServer), ("endpoint", Purpose::Endpoint)] {
        assert_eq!(grade(&hosts, to, purpose, &trial(Reached::Refused)), Grade::Ok);
        assert_eq!(
            grade(&hosts, to, purpose, &trial(Reached::TimedOut)),
            Grade::Failed
        );
        assert_eq!(
            grade(&hosts, to, purpose, &trial(Reached::NoRoute)),
            Grade::Failed
        );
        assert_eq!(
            grade(&hosts, to, purpose, &trial(Reached::Unreachable)),
            Grade::Failed
        );
    }
}

#[test]
fn after_init_what_serves_must_be_open() {
    let hosts = initialised(fresh(&stacked()));

    for (to, purpose) in [
        ("cp1", Purpose::ApiServer),
        ("cp1", Purpose::Kubelet),
        ("endpoint", Purpose::Endpoint),
    ] {
        assert_eq!(grade(&hosts, to, purpose, &trial(Reached::Open)), Grade::Ok);
        assert_eq!(
            grade(&hosts, to, purpose, &trial(Reached::Refused)),
            Grade::Failed
        );
        assert_eq!(grade(&hosts, to, purpose, &trial(Reached::Closed)), Grade::Failed);
    }
}

#[test]
fn a_control_plane_that_has_not_joined_may_refuse_beside_one_that_has() {
    let hosts = initialised(fresh(&stacked()));
    let refused = trial(Reached::Refused);

    assert_eq!(grade(&hosts, "cp2", Purpose::ApiServer, &refused), Grade::Ok);
    assert_eq!(grade(&hosts, "cp1", Purpose::ApiServer, &refused), Grade::Failed);
}

#[test]
fn while_no_balancer_is_set_up_the_endpoint_may_be_nowhere() {
    let hosts = fresh(&stacked());

    for reached in [Reached::TimedOut, Reached::NoRoute, Reached::Unreachable] {
        let result = evaluated(&hosts, "endpoint", Purpose::Endpoint, &trial(reached));
        assert_eq!(result.grade, Grade::Ok);
    }
}

/// The evaluation of the VIP by its address, when nothing answers and when it is refused.
fn of_vip(hosts: &Observation, reached: Reached) -> Evaluation {
    evaluated(hosts, "endpoint", Purpose::Endpoint, &trial(reached))
}

#[test]
fn a_vip_that_answers_before_any_balancer_can_hold_it_is_another_machines() {
    let hosts = fresh(&stacked());

    for reached in [Reached::Open, Reached::Closed, Reached::Refused] {
        let result = of_vip(&hosts, reached);
        assert!(matches!(result.cause, Cause::WrongPeer(_)), "{result:?}");
        assert_eq!(result.grade, Grade::Failed);
    }
    let at_vip = Trial {
        reached: Reached::Refused,
        ..resolves_to(&["192.0.2.10"])
    };
    assert_eq!(
        grade(&hosts, "endpoint", Purpose::EndpointName, &at_vip),
        Grade::Failed
    );
}

#[test]
fn who_is_beside_the_vip_knows_whether_a_machine_has_it() {
    let says = |answers: bool| {
        let mut hosts = fresh(&stacked());
        of(&mut hosts, "lb2").balancer.as_mut().unwrap().vip_answers = Ok(answers).into();
        hosts
    };

    assert_eq!(of_vip(&says(true), Reached::TimedOut).grade, Grade::Failed);
    assert_eq!(of_vip(&says(false), Reached::TimedOut).grade, Grade::Ok);
    assert_eq!(of_vip(&says(false), Reached::Refused).grade, Grade::Ok);
    assert_eq!(of_vip(&says(false), Reached::Open).grade, Grade::Failed);
}

#[test]
fn a_vip_that_a_balancer_of_this_cluster_may_hold_is_nobody_elses() {
    let held: fn(&mut Observation) = |hosts| of(hosts, "lb1").balancer.as_mut().unwrap().holds_vip = true;
    let may_be_held: fn(&mut Observation) = |hosts| {
        of(hosts, "lb2").units.insert("keepalived".to_owned(), running());
    };
    let carried: fn(&mut Observation) =
        |hosts| of(hosts, "cp1").system.addresses = vec!["192.0.2.10".parse().unwrap()];
    let unreported: fn(&mut Observation) = |hosts| drop(hosts.remove(&HostName::from("lb2")));
    for half_built in [held, may_be_held, carried, unreported] {
        let mut hosts = fresh(&stacked());
        half_built(&mut hosts);

        for reached in [Reached::Open, Reached::Closed, Reached::Refused] {
            assert_eq!(of_vip(&hosts, reached).grade, Grade::Ok);
        }
    }
}

#[test]
fn a_balancer_without_a_backend_is_fine_only_until_there_is_one() {
    let closed = trial(Reached::Closed);

    let before = evaluated(
        &with_balancers(fresh(&stacked())),
        "endpoint",
        Purpose::Endpoint,
        &closed,
    );
    let after = evaluated(
        &initialised(fresh(&stacked())),
        "endpoint",
        Purpose::Endpoint,
        &closed,
    );

    assert_eq!((before.grade, after.grade), (Grade::Ok, Grade::Failed));
    assert_eq!(after.cause, Cause::Reset);
}

#[test]
fn a_port_that_somebody_has_taken_is_worth_a_look() {
    let result = evaluated(&fresh(&stacked()), "cp1", Purpose::Kubelet, &trial(Reached::Open));

    assert_eq!(result.grade, Grade::Warning);
}

#[test]
fn what_the_pod_network_does_is_its_own_but_its_way_must_be_open() {
    let head = "
        cluster = { name = 'demo', kubernetes = 'v1.34.2' }
        endpoint = { name = 'api.demo.example' }
        pod_network = { ports = ['179/tcp'] }
    ";
    let topology = &topology(head, &["cp1 control-plane", "w1 worker"]);
    let scene = Scene {
        topology,
        observation: &fresh(topology),
    };
    let cell = cell(topology, "w1", "cp1", Purpose::PodNetwork);

    for reached in [Reached::Open, Reached::Closed, Reached::Refused] {
        assert_eq!(evaluate(&scene, &cell, &trial(reached)).grade, Grade::Ok);
    }
    assert_eq!(
        evaluate(&scene, &cell, &trial(Reached::TimedOut)).grade,
        Grade::Failed
    );
}

#[test]
fn a_host_that_could_not_be_looked_at_leaves_doubt() {
    let mut hosts = fresh(&stacked());
    hosts.remove(&HostName::from("cp1"));

    assert_eq!(
        grade(&hosts, "cp1", Purpose::ApiServer, &trial(Reached::Refused)),
        Grade::Warning
    );
    assert_eq!(
        grade(&hosts, "cp1", Purpose::ApiServer, &trial(Reached::TimedOut)),
        Grade::Failed
    );
}

#[test]
fn what_could_not_be_tried_is_neither_good_nor_bad() {
    let not_tested = trial(Reached::Untested("bash is not here to test with".to_owned()));

    let result = evaluated(&fresh(&stacked()), "cp1", Purpose::ApiServer, &not_tested);

    assert_eq!(result.grade, Grade::Unknown);
    assert_eq!(result.cause.word(), "not tested");
}

fn of_keepalived(observation: &Observation) -> Evaluation {
    let topology = &stacked();
    let scene = Scene {
        topology,
        observation,
    };
    evaluate_vrrp(&scene, &cell(topology, "lb1", "lb2", Purpose::Vrrp))
}

#[test]
fn balancers_hear_each_other_where_exactly_one_holds_the_vip() {
    let result = of_keepalived(&with_balancers(fresh(&stacked())));

    assert_eq!((result.cause, result.grade), (Cause::Open, Grade::Ok));
}

#[test]
fn balancers_that_both_hold_the_vip_do_not_hear_each_other() {
    let mut hosts = with_balancers(fresh(&stacked()));
    of(&mut hosts, "lb2").balancer.as_mut().unwrap().holds_vip = true;

    let result = of_keepalived(&hosts);

    assert_eq!((result.cause, result.grade), (Cause::TimedOut, Grade::Failed));
}

#[test]
fn where_keepalived_does_not_run_its_way_could_not_be_tested() {
    let result = of_keepalived(&fresh(&stacked()));

    assert_eq!(
        result.cause,
        Cause::NotTested("keepalived does not run on lb1".to_owned())
    );
    assert_eq!(result.grade, Grade::Unknown);
}
