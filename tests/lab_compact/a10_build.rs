//! From three bare hosts to a cluster; keys pass through the workstation's memory and are seen nowhere.

use support::hawser::{BUILD, LOOK, Workstation, reached, report};
use support::needles::Needles;
use support::process::Ran;
use support::{host, lab, record, sampling};

use crate::cluster::HOSTS;
use crate::{CLUSTER, PROFILE};

#[test]
fn a10_three_hosts_become_a_cluster_and_no_key_is_in_arguments_output_or_files() {
    lab::record("on");
    let _ = std::fs::remove_dir_all(CLUSTER.builder().folder());
    let workstation = CLUSTER.builder();

    let sampling = sampling::start();
    let run = workstation.start(&["apply", "--yes", "-o", "json"]);
    reached(&run, |event| event["event"] == "phase-started");
    // It need not look for firewalls: by then the first would be far.
    let second = Workstation::new(PROFILE).hawser(&["apply", "--yes", "--skip-check"], LOOK);
    let ran = run.finish(BUILD);
    let arguments = Vec::from_iter(sampling.end()).join("\n");
    let ran = ran.exits(0);
    refused_for_the_first(&second.exits(4), &ran);

    println!("built in {:.1} s", ran.took.as_secs_f64());
    assert_eq!(report(&ran.stdout)["skipped"], 0);
    let needles = Needles::of_keys(&HOSTS.map(str::to_owned));
    let sent: Vec<String> = HOSTS
        .iter()
        .flat_map(|name| record::of(name, "root"))
        .map(|recorded| recorded.command)
        .collect();
    assert!(arguments.contains("kubeadm join --config /run/hawser/kubeadm-join.yaml"));
    for text in [&arguments, &sent.join("\n"), &ran.stdout, &ran.stderr] {
        assert_eq!(needles.found_in(text), None);
    }
    let (found, looked_at) = needles.files_here(workstation.folder());
    assert!(
        found.is_empty() && looked_at > 0,
        "{found:?} of {looked_at} files"
    );
}

/// The run that came second names the first, and neither leaves a lock behind.
fn refused_for_the_first(second: &Ran, first: &Ran) {
    let began: serde_json::Value = serde_json::from_str(first.stdout.lines().next().unwrap()).unwrap();
    let name = began["run"].as_str().unwrap();
    let reply = second.reply();
    assert!(reply.contains("another run holds the lock of cp1"), "{reply}");
    assert!(reply.contains(&format!("run {name} of ")), "{reply}");
    for name in HOSTS {
        assert_eq!(host::exec(name, "ls /run/hawser* 2>/dev/null || :"), "", "{name}");
    }
}
