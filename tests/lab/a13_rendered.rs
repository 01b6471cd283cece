//! What `hawser render` shows is what was planned for the bare hosts, and what stands on them afterwards.

use std::path::Path;

use serde_json::Value;
use support::hawser::{LOOK, Workstation};
use support::{host, lab};

use crate::evidence::{Evidence, PROFILE};

/// The files of all hosts, rendered into a folder.
fn rendered(workstation: &Workstation) -> std::path::PathBuf {
    let folder = workstation.folder().join("rendered");
    let out = folder.to_str().unwrap();
    workstation.hawser(&["render", "--out", out], LOOK).exits(0);
    folder
}

fn read(folder: &Path, name: &str, path: &str) -> String {
    std::fs::read_to_string(folder.join(name).join(path.trim_start_matches('/'))).unwrap()
}

#[test]
fn a13_what_is_rendered_is_what_was_planned_for_kubeadm() {
    let workstation = Workstation::new(PROFILE);
    let folder = rendered(&workstation);
    let plan = Evidence::kept().json("plan.json");

    let phases = plan["plan"]["phases"].as_array().unwrap().iter();
    let lanes = phases.flat_map(|phase| phase["lanes"].as_array().unwrap());
    let chains = lanes.flat_map(|lane| lane["chains"].as_array().unwrap());
    let steps = chains.flat_map(|chain| chain["steps"].as_array().unwrap());
    let mut compared = 0;
    for step in steps {
        let path = step["files"][0]["path"].as_str().unwrap_or_default();
        if path.starts_with("/run/hawser/") {
            let name = step["host"].as_str().unwrap();
            assert_eq!(
                step["change"]["stdin"],
                Value::from(read(&folder, name, path)),
                "{name}: {path}"
            );
            compared += 1;
        }
    }
    assert!(compared >= 5, "{compared}");
}

#[test]
fn a13_what_is_rendered_stands_on_the_balancers() {
    let workstation = Workstation::new(PROFILE);
    let folder = rendered(&workstation);

    for name in ["lb1", "lb2"] {
        let found = |path: &str| host::exec(name, &format!("cat {path}"));
        let haproxy = "/etc/haproxy/haproxy.cfg";
        assert_eq!(found(haproxy), read(&folder, name, haproxy), "{name}");
        let keepalived = "/etc/keepalived/keepalived.conf";
        let interface = format!("<the interface that carries {}>", lab::address(PROFILE, name));
        let expected = read(&folder, name, keepalived).replace(&interface, "eth0");
        assert_eq!(found(keepalived), expected, "{name}");
        assert!(
            found("/etc/hosts").contains(&read(&folder, name, "/etc/hosts")),
            "{name}"
        );
    }
}
