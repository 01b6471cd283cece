//! Who answers: by the authority that signed its certificate.

use super::*;

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
