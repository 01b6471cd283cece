//! etcd grows from three members to five while its cluster is used, and then does without the first.

use std::time::{Duration, Instant};

use serde_json::Value;
use support::etcd::term;
use support::hawser::{Administrator, BUILD, LOOK, Workstation, report};
use support::process::Ran;
use support::requests::{self, Question, Request, failed};
use support::wait::{LONG, until};
use support::{host, lab};

use crate::{CLUSTER, ENDPOINT, PROFILE};

/// The fourth came by `a55`, and has left where there is no room for it.
fn control_planes() -> &'static [&'static str] {
    if lab::is_crowded() {
        &["cp1", "cp2", "cp3"]
    } else {
        &["cp1", "cp2", "cp3", "cp4"]
    }
}

/// The hosts that are added: name and address.
const NEWCOMERS: [(&str, &str); 2] = [("etcd4", "10.77.0.44"), ("etcd5", "10.77.0.45")];

const APPLY: [&str; 4] = ["apply", "--yes", "--max-unreachable-workers", "2"];
const PLAN: [&str; 4] = ["plan", "--detailed-exitcode", "--max-unreachable-workers", "2"];

/// A leader is found within 2 s, and API servers turn to another member; the rest is for two cores.
const AGAIN: Duration = Duration::from_secs(30);

/// How long an API server itself takes at most for an answer (`--request-timeout`). Where etcd's leader stalls on a
/// busy machine, and where another is elected, an API server asks again, which takes some seconds.
const WAIT_LIMIT: Duration = Duration::from_secs(60);

/// A workstation with so many of the newcomers in its inventory.
fn workstation(newcomers: usize) -> Workstation {
    let added = NEWCOMERS.iter().take(newcomers);
    let entries = added.map(|(name, address)| lab::host_entry(name, address, "etcd"));
    let has_fourth = control_planes().contains(&"cp4");
    let fourth = has_fourth.then(|| lab::host_entry("cp4", "10.77.0.24", "control-plane"));
    let inventory = lab::inventory_text(PROFILE) + &fourth.unwrap_or_default() + &entries.collect::<String>();
    Workstation::with_text(&inventory)
}

/// etcdctl on an etcd host, which asks the host's own member.
fn etcdctl(on: &str, what: &str) -> Ran {
    let script = format!(
        "cd /etc/kubernetes/pki/etcd && etcdctl --endpoints=https://127.0.0.1:2379 --cacert=ca.crt \
         --cert=healthcheck-client.crt --key=healthcheck-client.key -w json {what}"
    );
    host::try_exec(on, &script)
}

/// The names of the members that have a vote and are healthy, where all are.
fn voters(on: &str) -> Result<Vec<String>, String> {
    etcdctl(on, "endpoint health --cluster").answer()?;
    let list: Value =
        serde_json::from_str(&etcdctl(on, "member list").answer()?).map_err(|e| e.to_string())?;
    let members = list["members"].as_array().cloned().unwrap_or_default();
    let voters = members.iter().filter(|member| member["isLearner"] != true);
    let mut names: Vec<String> = voters
        .filter_map(|member| member["name"].as_str().map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}

fn endpoints() -> Vec<String> {
    let first = (1..=3).map(|number| format!("https://10.77.0.4{number}:2379"));
    let added = NEWCOMERS
        .iter()
        .map(|(_, address)| format!("https://{address}:2379"));
    first.chain(added).collect()
}

/// The endpoints with which the API server of a control plane runs.
fn etcd_servers(name: &str) -> Vec<String> {
    let process = "tr '\\0' '\\n' </proc/$(pgrep -x kube-apiserver)/cmdline";
    let arguments = host::exec(name, process);
    let value = arguments
        .lines()
        .find_map(|argument| argument.strip_prefix("--etcd-servers="));
    value.unwrap().split(',').map(str::to_owned).collect()
}

/// Reads and writes, through the VIP.
fn serves(administrator: &Administrator, namespace: &str) {
    let object =
        format!(r#"{{"apiVersion": "v1", "kind": "Namespace", "metadata": {{"name": "{namespace}"}}}}"#);
    until("the API takes a write", AGAIN, || {
        administrator.kubectl.apply(&object)
    });
    until("what was written is read", AGAIN, || {
        let path = format!("/api/v1/namespaces/{namespace}");
        let second = Duration::from_secs(2);
        administrator.credentials.get(ENDPOINT, &path, second)
    });
}

#[test]
fn a60_nothing_is_added_while_a_member_is_down() {
    // With two hosts more there would be eleven kubelets, and these want more of the kernel's inotify
    // instances than the 128 that a user has.
    lab::switch_off(CLUSTER.workers());
    for (name, address) in NEWCOMERS {
        lab::add(name, address);
    }
    let before = voters("etcd1").unwrap();
    lab::kill("etcd2");

    // The other two may be choosing a leader, and have no quorum meanwhile.
    until("the addition is refused, with the sum", LONG, || {
        let refused = workstation(1).hawser(&PLAN, LOOK);
        let sum = "2 of 3 voting members run, 2 needed; with etcd4, 3 of 4 needed";
        let even = "an even number of etcd members: 4";
        let is_reported = refused.code == Some(4) && [sum, even].iter().all(|it| refused.stderr.contains(it));
        if is_reported { Ok(()) } else { Err(refused.reply()) }
    });
    lab::power_cycle("etcd2");
    until("all members are healthy again", LONG, || voters("etcd1"));
    assert_eq!(voters("etcd1").unwrap(), before);
    until("nothing is left to do", LONG, || {
        workstation(0).hawser(&PLAN, LOOK).answer()
    });
}

#[test]
fn a61_a_fourth_and_a_fifth_member_are_added_and_no_request_fails() {
    let administrator = CLUSTER.at_the_endpoint();
    let before = until("etcd tells its term", LONG, || term("etcd1"));
    let requests = requests::start(Question {
        credentials: administrator.credentials.clone(),
        server: ENDPOINT.to_owned(),
        path: "/api/v1/namespaces/default".to_owned(),
        every: Duration::from_millis(200),
        limit: WAIT_LIMIT,
    });

    let grown = workstation(2).hawser(&APPLY, BUILD);

    let requests = requests.end();
    let slowest = requests.iter().map(|request| request.took).max().unwrap();
    println!(
        "two members more in {:.1} s; {} requests, the slowest took {:.1} s",
        grown.took.as_secs_f64(),
        requests.len(),
        slowest.as_secs_f64()
    );
    grown.exits(0);
    let failed = failed(&requests);
    let elections = until("etcd tells its term", LONG, || term("etcd1")) - before;
    println!(
        "elections meanwhile: {elections}; failed requests: {}",
        failed.len()
    );
    // A leader that a starved machine keeps from its heartbeat for a second is deposed, whoever is added meanwhile, and
    // what is asked in that moment is answered so. Adding members by itself causes no election, and no failure.
    let is_of_an_election = |request: &&Request| {
        request
            .failure
            .as_ref()
            .is_some_and(|why| why.contains("leader changed"))
    };
    let others: Vec<_> = failed
        .iter()
        .filter(|request| !is_of_an_election(request))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
    assert!(elections > 0 || failed.is_empty(), "{failed:#?}");
    // Not at each addition: hawser would be their cause.
    assert!(
        elections < 2,
        "{elections} elections while two members were added"
    );
    assert!(requests.len() > 100, "too few requests to mean anything");
}

#[test]
fn a62_everything_that_asks_etcd_names_all_five_members() {
    assert_eq!(
        voters("etcd5").unwrap(),
        ["etcd1", "etcd2", "etcd3", "etcd4", "etcd5"]
    );
    for name in control_planes() {
        assert_eq!(etcd_servers(name), endpoints(), "{name}");
    }
    let configuration = ["configmap", "kubeadm-config", "-n", "kube-system"];
    let map = CLUSTER.at_the_endpoint().kubectl.get(&configuration).unwrap();
    let text = map["data"]["ClusterConfiguration"].as_str().unwrap();
    for endpoint in endpoints() {
        assert!(text.contains(&endpoint), "{endpoint}: {text}");
    }
    let again = workstation(2)
        .hawser(&[&APPLY[..], &["-o", "json"]].concat(), LOOK)
        .exits(0);
    assert_eq!(report(&again.stdout)["changed"], 0, "{}", again.reply());
}

#[test]
fn a63_a_snapshot_was_saved_before_each_for_root_alone() {
    let listed = host::exec(
        "etcd1",
        "stat -c '%n %U:%G %a' /var/backups/hawser /var/backups/hawser/*",
    );

    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines[0], "/var/backups/hawser root:root 700");
    let of = |joining_host: &str| format!("-before-{joining_host}.db root:root 600");
    assert!(lines[1].ends_with(&of("etcd4")), "{listed}");
    assert!(lines[2].ends_with(&of("etcd5")), "{listed}");
    assert_eq!(lines.len(), 3, "{listed}");
    // etcd 3.6 has it in a program of its own, which is there from 3.5 on.
    let status =
        "$(command -v etcdutl || echo etcdctl) -w json snapshot status /var/backups/hawser/*-before-etcd5.db";
    let status: Value = serde_json::from_str(&host::exec("etcd1", status)).unwrap();
    assert!(status["totalKey"].as_u64() > Some(100), "{status}");
}

#[test]
fn a64_the_api_goes_on_without_the_first_etcd_host() {
    let administrator = CLUSTER.at_the_endpoint();

    lab::kill("etcd1");

    let killed = Instant::now();
    serves(&administrator, "written-without-etcd1");
    println!(
        "etcd1 killed: written and read after {:.1} s",
        killed.elapsed().as_secs_f64()
    );
    lab::power_cycle("etcd1");
    until("all members are healthy again", LONG, || voters("etcd5"));
    until("nothing is left to do", LONG, || {
        workstation(2).hawser(&PLAN, LOOK).answer()
    });
}
