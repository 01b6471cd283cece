//! From three bare hosts to a cluster; keys pass through the workstation's memory and are seen nowhere.

use crate::cluster::{HOSTS, builder};
use crate::needles::Needles;
use crate::sampling;
use crate::support::hawser::{BUILD, report};
use crate::support::{lab, record};

#[test]
fn a10_three_hosts_become_a_cluster_and_no_key_is_in_arguments_output_or_files() {
    lab::record("on");
    let _ = std::fs::remove_dir_all(builder().folder());
    let workstation = builder();

    let sampling = sampling::start();
    let ran = workstation.hawser(&["apply", "--yes", "-o", "json"], BUILD);
    let arguments = Vec::from_iter(sampling.end()).join("\n");
    let ran = ran.exits(0);

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
