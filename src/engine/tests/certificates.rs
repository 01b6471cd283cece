//! Certificates that a step needs: made once, for several hosts by one authority, and never told.

use super::super::fake_host::Reply;
use super::*;
use crate::pki::{AUTHORITY_CERTIFICATE, Leaf, Order};
use crate::topology::KeyAlgorithm;
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
    let files = Slot::Files(order.bundle);
    Step {
        change: Some(remote::any("write", Effect::Changes, files)),
        makes: Some(order),
        ..change(host, "write")
    }
}

#[tokio::test(start_paused = true)]
async fn hosts_at_once_get_certificates_of_one_authority() {
    let journal = journal();
    let hosts = ["etcd1", "etcd2"].map(|name| FakeHost::new(name, &journal).expects("write", Reply::exit(0)));
    let inputs = hosts.each_ref().map(FakeHost::inputs);
    let chains =
        (0..2).map(|member| required(vec![write(&format!("etcd{}", member + 1), order(member, true))]));
    let plan = plan(vec![phase("certificates", vec![lane(2, chains.collect())])]);

    let ran = run(&plan, hosts.into()).await;

    assert_eq!(ran.report.problems, []);
    let sent = inputs.map(|inputs| inputs.lock().unwrap()[0].clone());
    let authority = |text: &str| {
        let line = text.lines().find(|line| line.starts_with(AUTHORITY_CERTIFICATE));
        line.unwrap().to_owned()
    };
    assert_eq!(authority(&sent[0]), authority(&sent[1]));
    assert_ne!(sent[0], sent[1]);
    assert_eq!(sent[0].lines().count(), 4, "two keys and two certificates");
}

#[tokio::test(start_paused = true)]
async fn an_authority_that_was_to_be_read_is_not_made() {
    let journal = journal();
    let host = FakeHost::new("etcd1", &journal);

    let ran = run(&plan_of(vec![write("etcd1", order(0, false))]), vec![host]).await;

    let told = ran.report.problems[0].to_string();
    assert!(
        told.contains("etcd's authority has not been read from any host"),
        "{told}"
    );
}
