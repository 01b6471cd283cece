//! What the plan of the bare hosts said is what happened: the hosts' own record equals it, command by command.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::evidence::{Evidence, PROFILE};
use crate::fulfilment::{Masks, Reader, steps_for};
use crate::needles::RunSecrets;
use crate::support::record::{self, Recorded};
use crate::support::{host, lab};

#[test]
fn a11_what_was_planned_is_what_the_hosts_recorded() {
    let plan = Evidence::kept().json("plan.json");
    let records: BTreeMap<String, Vec<Recorded>> = lab::hosts(PROFILE)
        .into_iter()
        .map(|(name, _)| (name.clone(), record::of(&name, "root")))
        .collect();
    let secrets = RunSecrets::of_the_build();
    let masks = Masks(vec![
        (secrets.token.clone(), "<bootstrap token, made by this run>"),
        (
            secrets.token_id().to_owned(),
            "<bootstrap token id, made by this run>",
        ),
        (
            secrets.certificate_key.clone(),
            "<certificate key, made by this run>",
        ),
        (ca_hash(), "<cluster CA hash, known after init>"),
    ]);

    for (name, record) in records {
        let steps = steps_for(&plan["plan"], &name);
        // The plan's own run came first, and all it may do is look.
        let (look, rest) = record.split_first().unwrap();
        let (script, _) = look.command.rsplit_once(" hawser ").unwrap();
        let tally = Reader::new(&name, script, &masks, rest.to_vec()).follow(&steps);
        println!("{name}: {} steps as planned: {tally:?}", steps.len());
        assert!(tally.looks >= 1, "{name} was not looked at before it was changed");
        assert!(tally.changes > 0, "{name}");
    }
    assert_eq!(plan["plan"]["cluster"], Value::from("lab-stacked"));
}

/// As openssl on the host says it, not as hawser does.
fn ca_hash() -> String {
    let script = "openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt |
        openssl pkey -pubin -outform der | sha256sum";
    let sum = host::exec("cp1", script);
    format!("sha256:{}", sum.split_whitespace().next().unwrap())
}
