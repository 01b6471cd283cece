//! A host more, on which somebody has installed another version: it gets the cluster's, and joins; the others are left.

use support::hawser::{BUILD, Workstation};
use support::{host, lab};

use crate::bare::{KUBERNETES, kept, next, packages, text};

#[test]
fn a30_a_worker_with_another_version_gets_the_clusters_and_joins() {
    lab::add("w3", "10.77.0.33");
    let script = format!(
        "mkdir -p /etc/apt/keyrings
         cp /usr/share/keyrings/lab.asc /etc/apt/keyrings/
         echo 'deb [signed-by=/etc/apt/keyrings/lab.asc] http://10.77.0.5/core:/stable:/v1.{}/deb/ /' >/etc/apt/sources.list.d/other.list
         apt-get -qq update
         DEBIAN_FRONTEND=noninteractive apt-get -qq -y install kubectl={}-1.1 >/dev/null
         apt-mark hold kubectl
         rm /etc/apt/sources.list.d/other.list",
        lab::minor(),
        next()
    );
    host::exec("w3", &script);
    let inventory = text("bare") + &lab::host_entry("w3", "10.77.0.33", "worker");
    let workstation = Workstation::with_text(&inventory);

    let plan = workstation.plan();
    let ran = workstation.hawser(&["apply", "--yes"], BUILD).exits(0);

    let first = &plan["plan"]["phases"][0];
    assert_eq!(first["name"], "prepare");
    let hosts = first["lanes"][0]["chains"].as_array().unwrap();
    assert_eq!(hosts.len(), 1, "{first}");
    assert_eq!(hosts[0]["subject"], "w3");
    let wanted = kept();
    assert_eq!(packages("w3", &KUBERNETES), wanted);
    println!("w3 prepared and joined in {:.1} s", ran.took.as_secs_f64());
    let again = workstation
        .hawser(&["plan", "--detailed-exitcode"], BUILD)
        .exits(0);
    assert!(again.stdout.contains("Nothing to do"), "{}", again.reply());
}
