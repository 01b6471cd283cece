//! Certificates of etcd on hosts of its own: by whose authority they are made, and when again.

use hawser::facts::{CLIENT_CERTIFICATE, Observed};
use hawser::pki::{Authority, Leaf};
use hawser::topology::{EtcdManager, KeyAlgorithm, Secret, UserAuthority};
use hawser::verify::remarks;

use crate::etcd::DAY;
use crate::external::{built, by, planned};
use crate::inventory::external;
use crate::listing::{limited_to, page};
use crate::world::{CA, World};

#[test]
fn certificates_that_one_host_has_lost_are_made_anew_by_the_same_authority() {
    let mut world = built(EtcdManager::Kubelet);
    world.etcd("etcd2").certificates.remove("peer");
    world.knows_authority = false;

    let plan = world.plan();

    insta::assert_snapshot!(page(&world, &plan), @r"
    read the etcd CA
      etcd1 read etcd's CA and its key into memory
    issue etcd certificates
      etcd2 create the member's certificates, and write them
           ! /etc/kubernetes/pki/etcd/healthcheck-client.crt that is there (SHA-256 without white space 0123012301230123012301230123012301230123012301230123012301230123)
           ! /etc/kubernetes/pki/etcd/healthcheck-client.key that is there
           ! /etc/kubernetes/pki/etcd/server.crt that is there (SHA-256 without white space 0123012301230123012301230123012301230123012301230123012301230123)
           ! /etc/kubernetes/pki/etcd/server.key that is there
    note: the etcd certificates expire in 364 days, the etcd CA in 3649 days
    ");
    world.apply(&plan.unwrap()).unwrap();
    assert_eq!(world.violations, Vec::<String>::new());
    assert!(world.plan().unwrap().is_empty());
}

#[test]
fn an_authority_of_the_users_own_is_neither_made_nor_read_nor_are_its_keys_left_on_hosts() {
    let mut world = by(EtcdManager::Systemd);
    world.topology.external_etcd.authority = Some(UserAuthority {
        certificate: CA.to_owned(),
        key: Secret(zeroize::Zeroizing::new("not looked at here".to_owned())),
    });

    let plan = world.plan().unwrap();

    assert!(plan.steps().all(|step| !step.id.0.contains("authority")));
    let orders: Vec<_> = plan.steps().filter_map(|step| step.creates()).collect();
    assert_eq!(orders.len(), 4);
    assert!(
        orders
            .iter()
            .all(|order| !order.may_make_authority && !order.holds_authority_key)
    );
    let text = serde_json::to_string(&plan).unwrap();
    assert!(!text.contains("etcd/ca.key") && !text.contains("not looked at here"));
}

#[test]
fn two_authorities() {
    let mut world = built(EtcdManager::Kubelet);
    world.etcd("etcd3").authority = Some(CA.to_owned());

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn an_authority_without_its_key() {
    let mut world = built(EtcdManager::Kubelet);
    for host in ["etcd1", "etcd2", "etcd3"] {
        world.etcd(host).has_authority_key = false;
    }

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn certificates_that_end_soon_are_warned_about() {
    let mut world = built(EtcdManager::Kubelet);
    world.etcd("etcd1").certificates.get_mut("server").unwrap().left_s = Observed::Known(89 * DAY);
    world.etcd("etcd2").authority_left = Some(Observed::Known(10 * DAY));

    let remarks = remarks(&world.topology, &world.observe());

    assert_eq!(remarks.len(), 2, "{remarks:?}");
    insta::assert_snapshot!(planned(&world), @r"
    warning: etcd1: etcd's certificate server expires in 89 days; apply renews it from 30 days before it expires
    warning: etcd2: etcd's CA expires in 10 days
    ");
}

#[test]
fn certificates_are_made_anew_a_month_before_their_end() {
    for left in [-DAY, 29 * DAY] {
        let mut world = built(EtcdManager::Kubelet);
        world.etcd("etcd1").certificates.get_mut("server").unwrap().left_s = Observed::Known(left);

        let plan = world.plan().unwrap();

        let changed: Vec<_> = plan.changes().map(|step| step.id.0.as_str()).collect();
        assert_eq!(changed, ["etcd1/write-etcd-certificates"]);
    }
}

#[test]
fn certificates_that_end_with_their_authority_are_not_made_again_and_again() {
    let mut world = built(EtcdManager::Kubelet);
    for host in ["etcd1", "etcd2", "etcd3"] {
        let etcd = world.etcd(host);
        etcd.authority_left = Some(Observed::Known(20 * DAY));
        etcd.certificates
            .values_mut()
            .for_each(|leaf| leaf.left_s = Observed::Known(20 * DAY));
    }

    assert!(world.plan().unwrap().is_empty());
}

/// The control planes' certificates for asking etcd end in 20 days.
fn with_clients_that_end() -> World {
    let mut world = built(EtcdManager::Kubelet);
    let now = jiff::Timestamp::now();
    let own = Authority::new(KeyAlgorithm::EcdsaP256, now).unwrap();
    let client = own
        .sign(&Leaf::api_server_client(), KeyAlgorithm::EcdsaP256, now)
        .unwrap();
    for host in ["cp1", "cp2"] {
        world
            .machine(host)
            .put(CLIENT_CERTIFICATE, &client.certificate, 0o644);
    }
    for host in ["etcd1", "etcd2", "etcd3"] {
        world.etcd(host).now_s = now.as_second() + 345 * DAY;
    }
    world.knows_authority = false;
    world
}

#[test]
fn a_control_planes_certificate_for_asking_etcd_is_made_anew_too() {
    let world = with_clients_that_end();

    let plan = world.plan().unwrap();

    let steps: Vec<_> = plan.steps().map(|step| step.id.0.as_str()).collect();
    assert_eq!(
        steps,
        [
            "etcd1/read-etcd-authority",
            "cp1/write-etcd-client-certificate",
            "cp2/write-etcd-client-certificate"
        ]
    );
    assert_eq!(remarks(&world.topology, &world.observe()).len(), 2);
    let gone: Vec<&str> = plan
        .steps()
        .flat_map(hawser::plan::Step::destroys)
        .map(String::as_str)
        .collect();
    assert_eq!(gone.len(), 4, "{gone:?}");
    assert!(
        gone[0].contains(&format!("{CLIENT_CERTIFICATE} that is there (SHA-256")),
        "{gone:?}"
    );
}

#[test]
fn a_key_of_an_authority_without_its_certificate_is_not_replaced() {
    let mut world = World::fresh(external(2, 1));
    world.etcd("etcd1").has_authority_key = true;

    let refused = world.plan().unwrap_err();

    let words = format!("{refused:?}");
    assert!(
        words.contains("etcd1 has a key of an etcd CA without its certificate"),
        "{words}"
    );
}

/// Two members have lost a certificate, and run on.
fn with_two_that_lack_a_certificate() -> World {
    let mut world = built(EtcdManager::Kubelet);
    for host in ["etcd1", "etcd2"] {
        world.etcd(host).certificates.remove("peer");
    }
    world.knows_authority = false;
    world
}

#[test]
fn a_limit_to_one_of_two_renewals_reads_the_authority_for_it() {
    let mut world = with_two_that_lack_a_certificate();

    let plan = world.plan_with(&limited_to(&["etcd2"])).unwrap();

    let steps: Vec<_> = plan.steps().map(|step| step.id.0.as_str()).collect();
    assert_eq!(
        steps,
        ["etcd1/read-etcd-authority", "etcd2/write-etcd-certificates"]
    );
    world.apply(&plan).unwrap();
    assert_eq!(world.violations, Vec::<String>::new());
}

#[test]
fn a_limit_to_a_control_plane_whose_certificate_ends_reads_the_authority_for_it() {
    let mut world = with_clients_that_end();
    world.etcd("etcd1").certificates.remove("peer");

    let plan = world.plan_with(&limited_to(&["cp2"])).unwrap();

    let steps: Vec<_> = plan.steps().map(|step| step.id.0.as_str()).collect();
    assert_eq!(
        steps,
        ["etcd1/read-etcd-authority", "cp2/write-etcd-client-certificate"]
    );
}
