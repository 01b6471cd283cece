//! The name of the endpoint, registries and repositories.

use super::*;

#[test]
fn a_name_that_resolves_to_the_wrong_address_is_named_before_what_answers_there() {
    let mut hosts = initialised(fresh(&stacked()));
    of(&mut hosts, "w1").kubernetes.has_kubelet_conf = true;

    let result = evaluated(
        &hosts,
        "endpoint",
        Purpose::EndpointName,
        &resolves_to(&["198.51.100.1"]),
    );

    assert_eq!(
        result.cause,
        Cause::WrongAddress(vec!["198.51.100.1".parse().unwrap()])
    );
    assert_eq!(result.grade, Grade::Failed);
}

#[test]
fn a_name_that_hawser_is_to_write_may_be_unknown_until_it_has() {
    let unknown = trial(Reached::NameUnknown);
    let to = ("endpoint", Purpose::EndpointName);

    assert_eq!(grade(&fresh(&stacked()), to.0, to.1, &unknown), Grade::Ok);
    // Beside a cluster that runs, w1 has not joined yet.
    let mut hosts = initialised(fresh(&stacked()));
    assert_eq!(grade(&hosts, to.0, to.1, &unknown), Grade::Ok);
    of(&mut hosts, "w1").kubernetes.has_kubelet_conf = true;
    assert_eq!(grade(&hosts, to.0, to.1, &unknown), Grade::Failed);
    let of_balancer = |hosts: &Observation| {
        let topology = &stacked();
        let scene = Scene {
            topology,
            observation: hosts,
        };
        evaluate(&scene, &cell(topology, "lb1", to.0, to.1), &unknown).grade
    };
    assert_eq!(of_balancer(&hosts), Grade::Failed);
    of(&mut hosts, "lb1").units.clear();
    assert_eq!(of_balancer(&hosts), Grade::Ok);
}

#[test]
fn a_name_in_somebody_elses_hands_must_resolve_from_the_start() {
    let head = STACKED.replace("hosts_file = true", "hosts_file = false");
    let topology = &topology(&head, &["lb1 balancer", "cp1 control-plane", "w1 worker"]);
    let scene = Scene {
        topology,
        observation: &fresh(topology),
    };
    let cell = cell(topology, "w1", "endpoint", Purpose::EndpointName);

    assert_eq!(
        evaluate(&scene, &cell, &trial(Reached::NameUnknown)).grade,
        Grade::Failed
    );
}

#[test]
fn behind_somebody_elses_balancer_silence_before_init_is_a_warning() {
    let head = "
        cluster = { name = 'demo', kubernetes = 'v1.34.2' }
        endpoint = { name = 'api.demo.example' }
    ";
    let topology = &topology(head, &["cp1 control-plane", "w1 worker"]);
    let scene = Scene {
        topology,
        observation: &fresh(topology),
    };
    let cell = cell(topology, "w1", "endpoint", Purpose::EndpointName);

    assert_eq!(
        evaluate(&scene, &cell, &trial(Reached::TimedOut)).grade,
        Grade::Warning
    );
    assert_eq!(
        evaluate(&scene, &cell, &trial(Reached::NameUnknown)).grade,
        Grade::Failed
    );
}

#[test]
fn a_registry_out_of_reach_matters_to_a_host_that_lacks_images() {
    let mut hosts = fresh(&stacked());
    let silent = trial(Reached::TimedOut);
    let proxy = "registry.k8s.io/kube-proxy:v1.34.2".to_owned();
    let found = &mut of(&mut hosts, "w1").kubernetes;
    found.needed_images = Ok(vec![proxy.clone()]).into();
    found.images = Ok(vec![]).into();

    let lacking = grade(&hosts, "registry", Purpose::Registry, &silent);
    of(&mut hosts, "w1").kubernetes.images = Ok(vec![proxy]).into();
    let having = grade(&hosts, "registry", Purpose::Registry, &silent);

    assert_eq!((lacking, having), (Grade::Warning, Grade::Ok));
}

#[test]
fn a_registry_out_of_reach_does_not_matter_where_archives_bring_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let archive = |name| {
        let bytes = sample::docker(&[(name, "amd64", b"layer")]);
        let path = sample::write(folder.path(), "images.tar", &bytes);
        vec![crate::archive::open(&path).unwrap()]
    };
    let topology = &mut stacked();
    let mut hosts = fresh(topology);
    let found = of(&mut hosts, "w1");
    found.system.architecture = "x86_64".to_owned();
    found.kubernetes.needed_images = Ok(vec!["registry.k8s.io/kube-proxy:v1.34.2".to_owned()]).into();
    found.kubernetes.images = Ok(vec![]).into();
    let cell = cell(topology, "w1", "registry", Purpose::Registry);
    let grade = |topology: &Topology| {
        let scene = Scene {
            topology,
            observation: &hosts,
        };
        evaluate(&scene, &cell, &trial(Reached::TimedOut)).grade
    };

    topology.images.archives = archive("registry.k8s.io/kube-proxy:v1.34.1");
    assert_eq!(grade(topology), Grade::Warning);
    topology.images.archives = archive("registry.k8s.io/kube-proxy:v1.34.2");
    assert_eq!(grade(topology), Grade::Ok);
}

/// From the worker to the repository, which is silent.
fn out_of_reach(hosts: &Observation) -> Grade {
    let topology = &prepared("");
    let scene = Scene {
        topology,
        observation: hosts,
    };
    let cell = cell(topology, "w1", "repository", Purpose::Packages);
    evaluate(&scene, &cell, &trial(Reached::TimedOut)).grade
}

fn found(is_debians: bool, kubeadm: &str) -> PreparationFacts {
    let installed = |name: &str, version: &str| {
        let installed = Installed {
            version: version.to_owned(),
            is_held: true,
        };
        (name.to_owned(), installed)
    };
    PreparationFacts {
        is_debians,
        packages: [
            installed("kubeadm", kubeadm),
            installed("kubelet", "1.34.2-1.1"),
            installed("kubectl", "1.34.2-1.1"),
        ]
        .into(),
        ..PreparationFacts::default()
    }
}

#[test]
fn a_package_repository_out_of_reach_is_an_error_to_a_host_that_is_prepared_from_it() {
    let mut hosts = fresh(&prepared(""));
    let with = |hosts: &mut Observation, facts| of(hosts, "w1").preparation = Some(facts);

    with(&mut hosts, found(true, "1.33.1-1.1"));
    assert_eq!(out_of_reach(&hosts), Grade::Failed);
    with(&mut hosts, found(true, "1.34.2-1.1"));
    assert_eq!(out_of_reach(&hosts), Grade::Ok);
    with(&mut hosts, found(false, "1.33.1-1.1"));
    assert_eq!(out_of_reach(&hosts), Grade::Ok);

    with(&mut hosts, found(true, "1.33.1-1.1"));
    of(&mut hosts, "w1").kubernetes.has_kubelet_conf = true;
    assert_eq!(out_of_reach(&hosts), Grade::Ok);
    hosts.remove(&HostName::from("w1"));
    assert_eq!(out_of_reach(&hosts), Grade::Warning);
}
