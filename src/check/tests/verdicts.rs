//! Each cause is named and graded by how far the cluster is built.

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
fn the_peer_is_known_by_the_authority_that_signed_it() {
    let hosts = initialised(fresh(&stacked()));

    let right = evaluated(&hosts, "endpoint", Purpose::Endpoint, &shows(CA));
    let wrong = evaluated(&hosts, "endpoint", Purpose::Endpoint, &shows(OTHER_CA));

    assert_eq!((right.cause, right.grade), (Cause::Verified, Grade::Ok));
    let Cause::WrongPeer(who) = &wrong.cause else {
        panic!("{wrong:?}")
    };
    assert_eq!(who, "a certificate of other, signed by another CA");
    assert_eq!(wrong.grade, Grade::Failed);
}

/// From a control plane to another's etcd.
fn of_etcd(observation: &Observation, trial: &Trial) -> Evaluation {
    let topology = &stacked();
    let scene = Scene {
        topology,
        observation,
    };
    evaluate(&scene, &cell(topology, "cp2", "cp1", Purpose::EtcdClients), trial)
}

#[test]
fn etcd_is_known_by_an_authority_of_its_own() {
    let mut hosts = initialised(fresh(&stacked()));
    let found = &mut of(&mut hosts, "cp1").kubernetes;
    found.ca = Some(CA.to_owned());
    found.etcd_ca = Some(OTHER_CA.to_owned());

    let right = of_etcd(&hosts, &shows(OTHER_CA));
    let wrong = of_etcd(&hosts, &shows(CA));

    assert_eq!((right.cause, right.grade), (Cause::Verified, Grade::Ok));
    assert!(matches!(wrong.cause, Cause::WrongPeer(_)), "{wrong:?}");
    assert_eq!(wrong.grade, Grade::Failed);
}

#[test]
fn etcd_on_hosts_of_its_own_is_known_by_what_its_members_have() {
    let head = "
        cluster = { name = 'demo', kubernetes = 'v1.34.2', topology = 'external' }
        endpoint = { name = 'api.demo.example', hosts_file = true }
    ";
    let names = [
        "lb1 balancer",
        "etcd1 etcd",
        "etcd2 etcd",
        "etcd3 etcd",
        "cp1 control-plane",
    ];
    let topology = &topology(head, &names);
    let mut hosts = fresh(topology);
    for (name, authority) in [
        ("etcd1", CA),
        ("etcd2", CA),
        ("etcd3", OTHER_CA),
        ("cp1", OTHER_CA),
    ] {
        let found = &mut of(&mut hosts, name).kubernetes;
        found.etcd_ca = Some(authority.to_owned());
        found.has_etcd_data = name != "cp1";
    }
    let cause = |to, pem| {
        let scene = Scene {
            topology,
            observation: &hosts,
        };
        let cell = cell(topology, "cp1", to, Purpose::EtcdClients);
        evaluate(&scene, &cell, &shows(pem)).cause
    };

    assert_eq!(cause("etcd1", CA), Cause::Verified);
    assert!(matches!(cause("etcd3", OTHER_CA), Cause::WrongPeer(_)));
}

#[test]
fn before_etcd_has_any_authority_whoever_shows_a_certificate_there_is_a_stranger() {
    let hosts = fresh(&stacked());

    assert_eq!(of_etcd(&hosts, &shows(CA)).grade, Grade::Failed);
    assert_eq!(of_etcd(&hosts, &trial(Reached::Open)).grade, Grade::Warning);
    assert_eq!(of_etcd(&hosts, &trial(Reached::Refused)).grade, Grade::Ok);
}

#[test]
fn whoever_shows_a_certificate_where_no_cluster_is_yet_is_a_stranger() {
    let hosts = fresh(&stacked());

    for (to, purpose) in [("cp1", Purpose::ApiServer), ("endpoint", Purpose::Endpoint)] {
        let result = evaluated(&hosts, to, purpose, &shows(OTHER_CA));
        assert!(matches!(result.cause, Cause::WrongPeer(_)), "{result:?}");
        assert_eq!(result.grade, Grade::Failed);
    }
}

#[test]
fn what_speaks_no_tls_is_no_api_server() {
    let plain = Trial {
        peer: Peer::NoTls,
        ..trial(Reached::Open)
    };

    let result = evaluated(&initialised(fresh(&stacked())), "cp1", Purpose::ApiServer, &plain);

    assert_eq!(result.cause, Cause::WrongPeer("a server without TLS".to_owned()));
}

#[test]
fn a_peer_that_did_not_say_who_it_is_is_open_and_its_reason_is_kept() {
    let hosts = initialised(fresh(&stacked()));
    let of_peer = |to: &str, purpose, peer| {
        let asked = Trial {
            peer,
            ..trial(Reached::Open)
        };
        let result = evaluated(&hosts, to, purpose, &asked);
        (result.cause.word(), result.cause.detail().unwrap(), result.grade)
    };
    let unasked = || Peer::Unasked("no program".to_owned());
    let unknown = || Peer::Unknown("it result nothing".to_owned());

    for (to, purpose) in [("cp1", Purpose::ApiServer), ("endpoint", Purpose::Endpoint)] {
        let expected = (
            "open",
            "its certificate could not be read: no program".to_owned(),
            Grade::Unknown,
        );
        assert_eq!(of_peer(to, purpose, unasked()), expected);
        let expected = (
            "open",
            "it did not show a certificate: it result nothing".to_owned(),
            Grade::Warning,
        );
        assert_eq!(of_peer(to, purpose, unknown()), expected);
    }
    // Nothing is to listen there yet, whoever it is.
    let expected = (
        "open",
        "its certificate could not be read: no program".to_owned(),
        Grade::Warning,
    );
    assert_eq!(of_peer("cp2", Purpose::ApiServer, unasked()), expected);
}

#[test]
fn why_a_peer_is_not_known_is_told_in_json_too() {
    let unasked = Cause::PeerNotAsked("no program".to_owned());

    assert_eq!(
        serde_json::to_value(&unasked).unwrap(),
        serde_json::json!({ "cause": "open", "detail": "no program" })
    );
}

#[test]
fn a_port_that_somebody_has_taken_is_worth_a_look() {
    let result = evaluated(&fresh(&stacked()), "cp1", Purpose::Kubelet, &trial(Reached::Open));

    assert_eq!(result.grade, Grade::Warning);
}

#[test]
fn a_name_that_resolves_to_the_wrong_address_is_named_before_what_answers_there() {
    let mut hosts = initialised(fresh(&stacked()));
    of(&mut hosts, "w1").kubernetes.has_kubelet_conf = true;

    let result = evaluated(
        &hosts,
        "endpoint",
        Purpose::EndpointName,
        &resolves_to(&["198.51.100.1"]),
    );

    assert_eq!(
        result.cause,
        Cause::WrongAddress(vec!["198.51.100.1".parse().unwrap()])
    );
    assert_eq!(result.grade, Grade::Failed);
}

#[test]
fn a_name_that_hawser_is_to_write_may_be_unknown_until_it_has() {
    let unknown = trial(Reached::NameUnknown);
    let to = ("endpoint", Purpose::EndpointName);

    assert_eq!(grade(&fresh(&stacked()), to.0, to.1, &unknown), Grade::Ok);
    // Beside a cluster that runs, w1 has not joined yet.
    let mut hosts = initialised(fresh(&stacked()));
    assert_eq!(grade(&hosts, to.0, to.1, &unknown), Grade::Ok);
    of(&mut hosts, "w1").kubernetes.has_kubelet_conf = true;
    assert_eq!(grade(&hosts, to.0, to.1, &unknown), Grade::Failed);
    let of_balancer = |hosts: &Observation| {
        let topology = &stacked();
        let scene = Scene {
            topology,
            observation: hosts,
        };
        evaluate(&scene, &cell(topology, "lb1", to.0, to.1), &unknown).grade
    };
    assert_eq!(of_balancer(&hosts), Grade::Failed);
    of(&mut hosts, "lb1").units.clear();
    assert_eq!(of_balancer(&hosts), Grade::Ok);
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
        evaluate(&scene, &cell, &trial(Reached::NameUnknown)).grade,
        Grade::Failed
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
        evaluate(&scene, &cell, &trial(Reached::TimedOut)).grade,
        Grade::Warning
    );
    assert_eq!(
        evaluate(&scene, &cell, &trial(Reached::NameUnknown)).grade,
        Grade::Failed
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

    assert_eq!((lacking, having), (Grade::Warning, Grade::Ok));
}

#[test]
fn a_registry_out_of_reach_does_not_matter_where_archives_bring_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let archive = |name| {
        let bytes = sample::docker(&[(name, "amd64", b"layer")]);
        let path = sample::write(folder.path(), "images.tar", &bytes);
        vec![crate::archive::open(&path).unwrap()]
    };
    let topology = &mut stacked();
    let mut hosts = fresh(topology);
    let found = of(&mut hosts, "w1");
    found.system.architecture = "x86_64".to_owned();
    found.kubernetes.needed_images = Ok(vec!["registry.k8s.io/kube-proxy:v1.34.2".to_owned()]).into();
    found.kubernetes.images = Ok(vec![]).into();
    let cell = cell(topology, "w1", "registry", Purpose::Registry);
    let grade = |topology: &Topology| {
        let scene = Scene {
            topology,
            observation: &hosts,
        };
        evaluate(&scene, &cell, &trial(Reached::TimedOut)).grade
    };

    topology.images.archives = archive("registry.k8s.io/kube-proxy:v1.34.1");
    assert_eq!(grade(topology), Grade::Warning);
    topology.images.archives = archive("registry.k8s.io/kube-proxy:v1.34.2");
    assert_eq!(grade(topology), Grade::Ok);
}

/// From the worker to the repository, which is silent.
fn out_of_reach(hosts: &Observation) -> Grade {
    let topology = &prepared("");
    let scene = Scene {
        topology,
        observation: hosts,
    };
    let cell = cell(topology, "w1", "repository", Purpose::Packages);
    evaluate(&scene, &cell, &trial(Reached::TimedOut)).grade
}

fn found(is_debians: bool, kubeadm: &str) -> PreparationFacts {
    let installed = |name: &str, version: &str| {
        let installed = Installed {
            version: version.to_owned(),
            is_held: true,
        };
        (name.to_owned(), installed)
    };
    PreparationFacts {
        is_debians,
        packages: [
            installed("kubeadm", kubeadm),
            installed("kubelet", "1.34.2-1.1"),
            installed("kubectl", "1.34.2-1.1"),
        ]
        .into(),
        ..PreparationFacts::default()
    }
}

#[test]
fn a_package_repository_out_of_reach_is_an_error_to_a_host_that_is_prepared_from_it() {
    let mut hosts = fresh(&prepared(""));
    let with = |hosts: &mut Observation, facts| of(hosts, "w1").preparation = Some(facts);

    with(&mut hosts, found(true, "1.33.1-1.1"));
    assert_eq!(out_of_reach(&hosts), Grade::Failed);
    with(&mut hosts, found(true, "1.34.2-1.1"));
    assert_eq!(out_of_reach(&hosts), Grade::Ok);
    with(&mut hosts, found(false, "1.33.1-1.1"));
    assert_eq!(out_of_reach(&hosts), Grade::Ok);

    with(&mut hosts, found(true, "1.33.1-1.1"));
    of(&mut hosts, "w1").kubernetes.has_kubelet_conf = true;
    assert_eq!(out_of_reach(&hosts), Grade::Ok);
    hosts.remove(&HostName::from("w1"));
    assert_eq!(out_of_reach(&hosts), Grade::Warning);
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
