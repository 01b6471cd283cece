//! What the plan of the bare hosts said is what happened: the hosts' own record equals it, command by command.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use support::needles::RunSecrets;
use support::record::{self, Recorded};
use support::{host, lab};

use crate::evidence::{Evidence, PROFILE};
use crate::fulfilment::{Masks, Reader, steps_for};

#[test]
fn a11_what_was_planned_is_what_the_hosts_recorded() {
    let plan = Evidence::kept().json("plan.json");
    let looks = Evidence::kept().json("looks.json");
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
        // A check and the plan's own run came first, and all they may do is look.
        let count = usize::try_from(looks[&name].as_u64().unwrap()).unwrap();
        let (looked, rest) = record.split_at(count + 1);
        let scripts: BTreeSet<&str> = looked.iter().map(script).collect();
        let tally = Reader::new(&name, scripts, &masks, rest.to_vec()).follow(&steps);
        println!("{name}: {} steps as planned: {tally:?}", steps.len());
        assert!(tally.looks >= 1, "{name} was not looked at before it was changed");
        assert!(tally.changes > 0, "{name}");
    }
    assert_eq!(plan["plan"]["cluster"], Value::from("lab-stacked"));
}

/// A command without its arguments.
fn script(recorded: &Recorded) -> &str {
    let command = recorded.command.as_str();
    let without = command.strip_suffix(" hawser");
    without
        .or_else(|| Some(command.rsplit_once(" hawser ")?.0))
        .unwrap_or_else(|| panic!("not a command of hawser's: {command}"))
}

/// As openssl on the host says it, not as hawser does.
fn ca_hash() -> String {
    let script = "openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt |
        openssl pkey -pubin -outform der | sha256sum";
    let sum = host::exec("cp1", script);
    format!("sha256:{}", sum.split_whitespace().next().unwrap())
}
