//! Bare hosts: what is done on them before anything else, and what is left alone.

use std::collections::{BTreeMap, BTreeSet};

use hawser::facts::{FileFact, Installed, Observed};
use hawser::plan::{PhaseName, Step};
use hawser::planner::{Allowance, only_prepare};
use hawser::remote::files::preparation::OLD_SYSCTLS;
use hawser::remote::wire::RemoteCommand;
use hawser::topology::{HostFile, Secret};
use hawser::values::Values;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::bare::bare;
use crate::inventory::{audit_policy, compact_external, external, stacked};
use crate::listing::{limited_to, page};
use crate::world::World;

/// The first phase of a plan, as a page.
pub(crate) fn first_phase(world: &World) -> String {
    let page = page(world, &world.plan());
    let end = page
        .find("\nset up balancers\n")
        .or_else(|| page.find("\nwrite files\n"));
    page[..end.unwrap_or(page.len())].to_owned()
}

#[test]
fn bare_hosts_are_prepared_by_role_before_anything_else() {
    insta::assert_snapshot!(first_phase(&bare(stacked(1, 1))));
}

#[test]
fn etcd_hosts_have_what_runs_etcd_and_no_member_that_starts_by_itself() {
    insta::assert_snapshot!("by-systemd", first_phase(&bare(compact_external())));
    insta::assert_snapshot!("by-kubelet", first_phase(&bare(external(1, 0))));
}

#[test]
fn from_bare_hosts_to_a_cluster_and_nothing_is_left_to_do() {
    for topology in [stacked(3, 2), external(3, 1), compact_external()] {
        let mut world = bare(topology);

        let plan = world.plan().unwrap();
        assert_eq!(world.apply(&plan), Ok(()));

        assert_eq!(world.violations, Vec::<String>::new());
        assert!(world.plan().unwrap().is_empty());
    }
}

#[test]
fn what_is_there_is_not_done_again() {
    let mut world = bare(stacked(1, 0));
    let plan = world.plan().unwrap();
    let cut = crate::doing::Cut {
        after: plan.phases[0].steps().count(),
        parts: 0,
        pace: 0,
    };
    world.apply_until(&plan, cut).unwrap();

    let again = world.plan().unwrap();

    assert_eq!(plan.phases[0].name, PhaseName::Prepare);
    assert_ne!(again.phases[0].name, PhaseName::Prepare);
}

#[test]
fn hosts_can_be_prepared_first_and_built_on_in_another_run() {
    let mut world = bare(stacked(3, 1));
    let complete = world.plan().unwrap();

    let first = only_prepare(complete.clone());
    assert_eq!(world.apply(&first), Ok(()));
    let again = only_prepare(world.plan().unwrap());
    let rest = world.plan().unwrap();
    assert_eq!(world.apply(&rest), Ok(()));

    assert_eq!(first.phases, complete.phases[..1]);
    assert_eq!(first.cleanup, []);
    let left_out = complete.changes().count() - first.changes().count();
    let reported = format!("--prepare-only leaves out {left_out} later changes; `hawser apply` continues");
    assert_eq!(first.notes.last().unwrap().text, reported);
    assert!(again.is_empty());
    assert_eq!(rest.changes().count(), left_out);
    let end = world.plan().unwrap();
    assert!(end.is_empty() && only_prepare(end).notes.is_empty());
    assert_eq!(world.violations, Vec::<String>::new());
}

#[test]
fn one_bare_host_can_be_prepared_before_all_others() {
    for (topology, host) in [
        (stacked(3, 1), "w1"),
        (stacked(3, 1), "lb2"),
        (external(3, 1), "etcd1"),
        (compact_external(), "etcd2"),
    ] {
        let mut world = bare(topology);
        let allowance = Allowance {
            prepare_only: true,
            ..limited_to(&[host])
        };

        let plan = only_prepare(world.plan_with(&allowance).unwrap());
        let hosts: BTreeSet<_> = plan.steps().map(|step| step.host.0.clone()).collect();
        assert_eq!(world.apply(&plan), Ok(()));

        assert_eq!(hosts, BTreeSet::from([host.to_owned()]));
        assert!(only_prepare(world.plan_with(&allowance).unwrap()).is_empty());
    }
}

#[test]
fn another_version_is_replaced_and_what_is_not_held_is_held() {
    let mut world = bare(stacked(1, 1));
    let package = |version: &str, is_held| Installed {
        version: version.to_owned(),
        is_held,
    };
    let found = world.machine("w1").facts.preparation.as_mut().unwrap();
    found.packages = BTreeMap::from([
        ("kubeadm".to_owned(), package("1.20.20-1.1", true)),
        ("kubelet".to_owned(), package("1.20.2-1.1", false)),
        ("kubectl".to_owned(), package("1.20.2-1.1", true)),
    ]);

    let plan = world.plan().unwrap();

    let install = plan
        .steps()
        .find(|step| step.id.0 == "w1/install-packages")
        .unwrap();
    assert!(
        install
            .title
            .starts_with("install kubeadm 1.20.2, kubelet 1.20.2, conntrack,"),
        "{}",
        install.title
    );
}

fn words(command: &RemoteCommand) -> Vec<String> {
    shlex::split(&command.line()).unwrap().split_off(4)
}

#[test]
fn only_what_is_lacking_is_installed_and_all_of_it_looked_for() {
    let mut world = bare(stacked(1, 1));
    let found = world.machine("w1").facts.preparation.as_mut().unwrap();
    // Docker's own, which stands in the way of Debian's.
    for (name, version) in [
        ("containerd.io", "1.7.28-1"),
        ("socat", "1.7.4"),
        ("iptables", "1.8.9"),
    ] {
        let installed = Installed {
            version: version.to_owned(),
            is_held: false,
        };
        found.packages.insert(name.to_owned(), installed);
    }

    let plan = world.plan().unwrap();

    let step = plan
        .steps()
        .find(|step| step.id.0 == "w1/install-packages")
        .unwrap();
    let of_kubernetes = ["kubeadm=1.20.2", "kubelet=1.20.2", "kubectl=1.20.2"];
    let lacking = [of_kubernetes.as_slice(), &["conntrack", "ebtables", "ethtool"]].concat();
    assert_eq!(words(&step.change().unwrap().command), lacking);
    let all = [
        "conntrack",
        "containerd.io",
        "ebtables",
        "ethtool",
        "iptables",
        "socat",
    ];
    assert_eq!(
        words(&step.until().unwrap().command),
        [of_kubernetes.as_slice(), &all].concat()
    );
    assert_eq!(world.apply(&plan), Ok(()));
    assert!(world.plan().unwrap().is_empty());
}

#[test]
fn kernel_settings_under_their_old_name_go_where_hawser_wrote_them() {
    let removes = |text: &str| {
        let mut world = bare(stacked(1, 1));
        let old = FileFact::new(0o644, "root:root", text);
        let files = &mut world.machine("w1").facts.files;
        files.insert(OLD_SYSCTLS.to_owned(), Observed::Known(old));
        let plan = world.plan().unwrap();
        let found = plan.steps().any(|step| step.id.0 == "w1/remove-old-sysctls");
        assert_eq!(world.apply(&plan), Ok(()));
        let again = world.plan().unwrap();
        assert!(again.is_empty());
        let is_reported = again.notes.iter().any(|note| note.text.contains(OLD_SYSCTLS));
        assert_eq!(is_reported, !found && text.starts_with("# Written by hawser."));
        found
    };

    assert!(removes("# Written by hawser.\nnet.ipv4.ip_forward = 0\n"));
    assert!(!removes("net.ipv4.ip_forward = 1\n"));
    assert!(
        !removes("# Written by hawser.\nnet.ipv4.ip_forward = 0\nvm.max_map_count = 262144\n"),
        "an admin's own line"
    );
}

#[test]
fn what_is_rendered_for_a_bare_host_is_what_is_written_on_it() {
    let mut topology = stacked(1, 1);
    topology.endpoint.interface = Some("eth0".to_owned());
    let mut world = bare(topology);
    let preparation = world.topology.preparation.as_mut().unwrap();
    preparation.proxy.http = Some("http://proxy.lab.test:3128".to_owned());
    preparation.mirrors =
        BTreeMap::from([("docker.io".to_owned(), vec!["https://mirror.lab.test".to_owned()])]);
    let plan = world.plan().unwrap();

    for host in &world.topology.hosts {
        let written: Vec<&str> = plan.phases[0]
            .steps()
            .filter(|step| step.host == host.name)
            .flat_map(Step::files)
            .map(|file| file.path.as_str())
            .collect();
        let rendered = hawser::remote::files::preparation::preparation(&world.topology, host).unwrap();
        let rendered: Vec<&str> = rendered.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(written, rendered);
    }
}

#[test]
fn no_plan_shows_a_secret_that_hosts_receive() {
    let mut topology = stacked(1, 1);
    topology.files = vec![HostFile {
        secret: true,
        content: "key: 0123456789abcdef\n".to_owned(),
        ..audit_policy()
    }];
    let mut world = bare(topology);
    let pair = Secret(Zeroizing::new("me:correct horse".to_owned()));
    let preparation = world.topology.preparation.as_mut().unwrap();
    preparation.credentials = BTreeMap::from([("registry.lab.test".to_owned(), pair)]);

    let plan = world.plan().unwrap();

    let shown = format!(
        "{}{}",
        serde_json::to_string(&plan).unwrap(),
        page(&world, &Ok(plan.clone()))
    );
    for secret in ["0123456789abcdef", "correct horse", "bWU6Y29ycmVjdCBob3JzZQ=="] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let path = "/etc/containerd/certs.d/registry.lab.test/hosts.toml";
    let step = plan
        .steps()
        .find(|step| step.id.0 == format!("w1/write{path}"))
        .unwrap();
    let values = Values::default();
    let sent = step.change().unwrap().command.stdin().fill(&values).unwrap();
    let sum = hex::encode(Sha256::digest(&sent));
    assert!(!shown.contains(&sum), "a password could be guessed by it");
    let asked = &step.until().unwrap().command;
    assert_eq!(
        *asked.stdin().fill(&values).unwrap(),
        format!("{path} {sum}\n").into_bytes()
    );
    assert_eq!(world.apply(&plan), Ok(()));
    assert!(world.plan().unwrap().is_empty());
}

#[test]
fn what_was_a_password_is_not_shown_when_it_goes() {
    let mut world = bare(stacked(1, 1));
    let path = "/etc/containerd/certs.d/registry.lab.test/hosts.toml";
    let preparation = world.topology.preparation.as_mut().unwrap();
    preparation.mirrors = BTreeMap::from([(
        "registry.lab.test".to_owned(),
        vec!["https://m.lab.test".to_owned()],
    )]);
    let old = FileFact::new(0o600, "root:root", "Authorization = \"Basic bWU6\"\n");
    let files = &mut world.machine("w1").facts.files;
    files.insert(path.to_owned(), Observed::Known(old));

    let plan = world.plan().unwrap();

    assert!(!serde_json::to_string(&plan).unwrap().contains("bWU6"));
}
