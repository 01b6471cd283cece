//! Certificates that a step needs: made once, for several hosts by one authority, and never told.

use std::time::Duration;

use crate::engine::fake_host::{FakeHost, Reply};
use crate::engine::tests::{journal, lane, phase, plan, plan_of, read, required, run, sends};
use crate::pki::{AUTHORITY_CERTIFICATE, Authority, Leaf, Order};
use crate::plan::Step;
use crate::remote::wire::{self, Effect};
use crate::topology::{EtcdSettings, KeyAlgorithm};
use crate::values::{Bundle, Slot};

fn order(member: u8, may_make_authority: bool) -> Order {
    Order {
        bundle: Bundle::EtcdMember(member),
        algorithm: KeyAlgorithm::EcdsaP256,
        may_make_authority,
        holds_authority_key: true,
        leaves: vec![Leaf::healthcheck_client()],
    }
}

fn write(host: &str, order: Order) -> Step {
    let (files, sums) = (Slot::Files(order.bundle), Slot::Sums(order.bundle));
    let question = wire::any("same sums", Effect::Reads, sums);
    sends(host, "write", files).issue(order, question, Duration::from_secs(10))
}

/// A host that lacks the files, and gets them.
fn lacking(host: FakeHost) -> FakeHost {
    host.expects("same sums", Reply::exit(1))
        .expects("write", Reply::exit(0))
        .expects("same sums", Reply::exit(0))
}

#[tokio::test(start_paused = true)]
async fn hosts_at_once_get_certificates_of_one_authority() {
    let journal = journal();
    let hosts = ["etcd1", "etcd2"].map(|name| lacking(FakeHost::new(name, &journal)));
    let inputs = hosts.each_ref().map(FakeHost::inputs);
    let chains =
        (0..2).map(|member| required(vec![write(&format!("etcd{}", member + 1), order(member, true))]));
    let plan = plan(vec![phase("etcd-certificates", vec![lane(2, chains.collect())])]);

    let ran = run(&plan, hosts.into()).await;

    assert_eq!(ran.report.problems, []);
    let sent = inputs.map(|inputs| inputs.lock().unwrap()[1].clone());
    let authority = |text: &str| {
        let line = text.lines().find(|line| line.starts_with(AUTHORITY_CERTIFICATE));
        line.unwrap().to_owned()
    };
    assert_eq!(authority(&sent[0]), authority(&sent[1]));
    assert_ne!(sent[0], sent[1]);
    assert_eq!(sent[0].lines().count(), 4, "two keys and two certificates");
}

#[tokio::test(start_paused = true)]
async fn a_control_plane_gets_the_authority_as_an_etcd_host_has_it() {
    let journal = journal();
    let now = jiff::Timestamp::now();
    let authority = Authority::new(KeyAlgorithm::EcdsaP256, now).unwrap().lines();
    let etcd1 = FakeHost::new("etcd1", &journal).expects("read", Reply::exit(0).saying(authority.trim_end()));
    let cp1 = lacking(FakeHost::new("cp1", &journal));
    let sent = cp1.inputs();
    let read = read("etcd1", "read", "read", Slot::Files(Bundle::EtcdAuthority));
    let settings = EtcdSettings {
        key_algorithm: KeyAlgorithm::EcdsaP256,
        ..EtcdSettings::default()
    };
    let order = Order {
        may_make_authority: false,
        ..Order::for_clients(&settings)
    };

    let ran = run(&plan_of(vec![read, write("cp1", order)]), vec![etcd1, cp1]).await;

    assert_eq!(ran.report.problems, []);
    let sent = sent.lock().unwrap()[1].clone();
    let lines: Vec<_> = sent.lines().filter_map(|line| line.split_once(' ')).collect();
    let reported = authority
        .lines()
        .find_map(|line| line.strip_prefix(AUTHORITY_CERTIFICATE));
    let [(key, _), (certificate, _), (authority, content)] = lines[..] else {
        panic!("{} lines", lines.len())
    };
    assert_eq!(
        [key, certificate, authority],
        [
            "/etc/kubernetes/pki/apiserver-etcd-client.key",
            "/etc/kubernetes/pki/apiserver-etcd-client.crt",
            AUTHORITY_CERTIFICATE
        ]
    );
    assert_eq!(reported.map(str::trim_start), Some(content));
}

#[tokio::test(start_paused = true)]
async fn control_planes_that_are_renewed_at_once_get_one_pair_and_are_asked_for_its_sums() {
    let journal = journal();
    let asked = || {
        let settings = EtcdSettings {
            key_algorithm: KeyAlgorithm::EcdsaP256,
            ..EtcdSettings::default()
        };
        Order::for_clients(&settings)
    };
    let renewed = |host: &str| write(host, asked());
    let hosts = ["cp1", "cp2"].map(|name| lacking(FakeHost::new(name, &journal)));
    let inputs = hosts.each_ref().map(FakeHost::inputs);
    let chains = ["cp1", "cp2"].map(|host| required(vec![renewed(host)]));
    let plan = plan(vec![phase("etcd-client-renewal", vec![lane(2, chains.into())])]);

    let ran = run(&plan, hosts.into()).await;

    assert_eq!(ran.report.problems, []);
    let [first, second] = inputs.map(|inputs| inputs.lock().unwrap().clone());
    assert_eq!(first.len(), 3);
    assert_eq!(first, second);
    assert_eq!(first[0], first[2], "asked before and after for the same sums");
}

#[tokio::test(start_paused = true)]
async fn an_authority_that_was_to_be_read_is_not_made() {
    let journal = journal();
    let host = FakeHost::new("etcd1", &journal);

    let ran = run(&plan_of(vec![write("etcd1", order(0, false))]), vec![host]).await;

    let reported = ran.report.problems[0].to_string();
    assert!(
        reported.contains("etcd's CA has not been read from any host"),
        "{reported}"
    );
}
