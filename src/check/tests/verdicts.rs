//! Each cause is named and graded by how far the cluster is built.

use super::*;
use crate::check::{Cause, Grade, Purpose, Verdict, judge, judge_vrrp};
use crate::facts::{Peer, Reached, Trial};

/// From the worker to something.
fn judged(observation: &Observation, to: &str, purpose: Purpose, trial: &Trial) -> Verdict {
    let topology = &stacked();
    let scene = Scene {
        topology,
        observation,
    };
    judge(&scene, &cell(topology, "w1", to, purpose), trial)
}

fn grade(observation: &Observation, to: &str, purpose: Purpose, trial: &Trial) -> Grade {
    judged(observation, to, purpose, trial).grade
}

#[test]
fn before_init_a_refusal_is_fine_and_silence_is_not() {
    let hosts = with_balancers(fresh(&stacked()));

    for (to, purpose) in [("cp1", Purpose::ApiServer), ("endpoint", Purpose::Endpoint)] {
        assert_eq!(grade(&hosts, to, purpose, &trial(Reached::Refused)), Grade::Fine);
        assert_eq!(
            grade(&hosts, to, purpose, &trial(Reached::TimedOut)),
            Grade::Error
        );
        assert_eq!(grade(&hosts, to, purpose, &trial(Reached::NoRoute)), Grade::Error);
        assert_eq!(
            grade(&hosts, to, purpose, &trial(Reached::Unreachable)),
            Grade::Error
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
        assert_eq!(grade(&hosts, to, purpose, &trial(Reached::Open)), Grade::Fine);
        assert_eq!(grade(&hosts, to, purpose, &trial(Reached::Refused)), Grade::Error);
        assert_eq!(grade(&hosts, to, purpose, &trial(Reached::Closed)), Grade::Error);
    }
}

#[test]
fn a_control_plane_that_has_not_joined_may_refuse_beside_one_that_has() {
    let hosts = initialised(fresh(&stacked()));
    let refused = trial(Reached::Refused);

    assert_eq!(grade(&hosts, "cp2", Purpose::ApiServer, &refused), Grade::Fine);
    assert_eq!(grade(&hosts, "cp1", Purpose::ApiServer, &refused), Grade::Error);
}

#[test]
fn while_no_balancer_is_set_up_the_endpoint_may_be_nowhere() {
    let hosts = fresh(&stacked());

    for reached in [Reached::TimedOut, Reached::NoRoute, Reached::Refused] {
        let said = judged(&hosts, "endpoint", Purpose::Endpoint, &trial(reached));
        assert_eq!(said.grade, Grade::Fine);
    }
}

#[test]
fn a_balancer_without_a_backend_is_fine_only_until_there_is_one() {
    let closed = trial(Reached::Closed);

    let before = judged(
        &with_balancers(fresh(&stacked())),
        "endpoint",
        Purpose::Endpoint,
        &closed,
    );
    let after = judged(
        &initialised(fresh(&stacked())),
        "endpoint",
        Purpose::Endpoint,
        &closed,
    );

    assert_eq!((before.grade, after.grade), (Grade::Fine, Grade::Error));
    assert_eq!(after.cause, Cause::Closed);
}

#[test]
fn the_peer_is_known_by_the_authority_that_signed_it() {
    let hosts = initialised(fresh(&stacked()));

    let right = judged(&hosts, "endpoint", Purpose::Endpoint, &shows(CA));
    let wrong = judged(&hosts, "endpoint", Purpose::Endpoint, &shows(OTHER_CA));

    assert_eq!((right.cause, right.grade), (Cause::RightPeer, Grade::Fine));
    let Cause::WrongPeer(who) = &wrong.cause else {
        panic!("{wrong:?}")
    };
    assert_eq!(who, "a certificate of other, signed by another authority");
    assert_eq!(wrong.grade, Grade::Error);
}

#[test]
fn whoever_shows_a_certificate_where_no_cluster_is_yet_is_a_stranger() {
    let hosts = fresh(&stacked());

    for (to, purpose) in [("cp1", Purpose::ApiServer), ("endpoint", Purpose::Endpoint)] {
        let said = judged(&hosts, to, purpose, &shows(OTHER_CA));
        assert!(matches!(said.cause, Cause::WrongPeer(_)), "{said:?}");
        assert_eq!(said.grade, Grade::Error);
    }
}

#[test]
fn what_speaks_no_tls_is_no_api_server() {
    let plain = Trial {
        peer: Peer::NoTls,
        ..trial(Reached::Open)
    };

    let said = judged(&initialised(fresh(&stacked())), "cp1", Purpose::ApiServer, &plain);

    assert_eq!(
        said.cause,
        Cause::WrongPeer("something that speaks no TLS".to_owned())
    );
}

#[test]
fn a_peer_that_could_not_be_asked_is_open_and_no_more() {
    let unknown = Trial {
        peer: Peer::Unknown("no program".to_owned()),
        ..trial(Reached::Open)
    };

    let said = judged(
        &initialised(fresh(&stacked())),
        "cp1",
        Purpose::ApiServer,
        &unknown,
    );

    assert_eq!((said.cause, said.grade), (Cause::Open, Grade::Fine));
}

#[test]
fn a_port_that_somebody_has_taken_is_worth_a_look() {
    let said = judged(&fresh(&stacked()), "cp1", Purpose::Kubelet, &trial(Reached::Open));

    assert_eq!(said.grade, Grade::Warning);
}

#[test]
fn a_name_that_resolves_to_the_wrong_address_is_named_before_what_answers_there() {
    let hosts = initialised(fresh(&stacked()));

    let said = judged(
        &hosts,
        "endpoint",
        Purpose::EndpointName,
        &resolves_to(&["198.51.100.1"]),
    );

    assert_eq!(
        said.cause,
        Cause::WrongAddress(vec!["198.51.100.1".parse().unwrap()])
    );
    assert_eq!(said.grade, Grade::Error);
}

#[test]
fn a_name_that_hawser_is_to_write_may_be_unknown_until_it_has() {
    let unknown = trial(Reached::NameUnknown);
    let to = ("endpoint", Purpose::EndpointName);

    assert_eq!(grade(&fresh(&stacked()), to.0, to.1, &unknown), Grade::Fine);
    assert_eq!(
        grade(&initialised(fresh(&stacked())), to.0, to.1, &unknown),
        Grade::Error
    );
}

#[test]
fn a_name_in_somebody_elses_hands_must_resolve_from_the_start() {
    let head = STACKED.replace("hosts_file = true", "hosts_file = false");
    let topology = &topology(&head, &["lb1 balancer", "cp1 control-plane", "w1 worker"]);
    let scene = Scene {
        topology,
        observation: &fresh(topology),
    };
    let cell = cell(topology, "w1", "endpoint", Purpose::EndpointName);

    assert_eq!(
        judge(&scene, &cell, &trial(Reached::NameUnknown)).grade,
        Grade::Error
    );
}

#[test]
fn behind_somebody_elses_balancer_silence_before_init_is_a_warning() {
    let head = "
        cluster = { name = 'demo', kubernetes = 'v1.34.2' }
        endpoint = { name = 'api.demo.example' }
    ";
    let topology = &topology(head, &["cp1 control-plane", "w1 worker"]);
    let scene = Scene {
        topology,
        observation: &fresh(topology),
    };
    let cell = cell(topology, "w1", "endpoint", Purpose::EndpointName);

    assert_eq!(
        judge(&scene, &cell, &trial(Reached::TimedOut)).grade,
        Grade::Warning
    );
    assert_eq!(
        judge(&scene, &cell, &trial(Reached::NameUnknown)).grade,
        Grade::Error
    );
}

#[test]
fn a_registry_out_of_reach_matters_to_a_host_that_lacks_images() {
    let mut hosts = fresh(&stacked());
    let silent = trial(Reached::TimedOut);
    let proxy = "registry.k8s.io/kube-proxy:v1.34.2".to_owned();
    let found = &mut of(&mut hosts, "w1").kubernetes;
    found.needed_images = Ok(vec![proxy.clone()]).into();
    found.images = Ok(vec![]).into();

    let lacking = grade(&hosts, "registry", Purpose::Registry, &silent);
    of(&mut hosts, "w1").kubernetes.images = Ok(vec![proxy]).into();
    let having = grade(&hosts, "registry", Purpose::Registry, &silent);

    assert_eq!((lacking, having), (Grade::Warning, Grade::Fine));
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
        assert_eq!(judge(&scene, &cell, &trial(reached)).grade, Grade::Fine);
    }
    assert_eq!(
        judge(&scene, &cell, &trial(Reached::TimedOut)).grade,
        Grade::Error
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
        Grade::Error
    );
}

#[test]
fn what_could_not_be_tried_is_neither_good_nor_bad() {
    let untested = trial(Reached::Untested(
        "none of bash, nc, perl and python3 is here".to_owned(),
    ));

    let said = judged(&fresh(&stacked()), "cp1", Purpose::ApiServer, &untested);

    assert_eq!(said.grade, Grade::Unknown);
    assert_eq!(said.cause.word(), "?");
}

fn of_keepalived(observation: &Observation) -> Verdict {
    let topology = &stacked();
    let scene = Scene {
        topology,
        observation,
    };
    judge_vrrp(&scene, &cell(topology, "lb1", "lb2", Purpose::Vrrp))
}

#[test]
fn balancers_hear_each_other_where_exactly_one_holds_the_vip() {
    let said = of_keepalived(&with_balancers(fresh(&stacked())));

    assert_eq!((said.cause, said.grade), (Cause::Open, Grade::Fine));
}

#[test]
fn balancers_that_both_hold_the_vip_do_not_hear_each_other() {
    let mut hosts = with_balancers(fresh(&stacked()));
    of(&mut hosts, "lb2").balancer.as_mut().unwrap().holds_vip = true;

    let said = of_keepalived(&hosts);

    assert_eq!((said.cause, said.grade), (Cause::TimedOut, Grade::Error));
}

#[test]
fn where_keepalived_does_not_run_its_way_could_not_be_tested() {
    let said = of_keepalived(&fresh(&stacked()));

    assert_eq!(
        said.cause,
        Cause::NotTested("keepalived does not run on lb1".to_owned())
    );
    assert_eq!(said.grade, Grade::Unknown);
}
