//! Facts whose grade depends on the cluster that is there, or on how hosts are prepared.

use super::*;

#[test]
fn ports_that_belong_to_the_cluster_are_fine_once_it_is_there() {
    let mut fleet = Fleet::well();
    fleet.observation = initialised(fleet.observation);
    fleet.facts("cp1").kubernetes.has_etcd_data = true;
    fleet.preflight("cp1").listeners = listener(10257, "kube-controller");

    assert_eq!(fleet.amiss(), []);
}

#[test]
fn of_several_cas_the_one_that_most_control_planes_have_is_the_clusters() {
    let hosts = [
        "lb1 balancer",
        "cp1 control-plane",
        "cp2 control-plane",
        "cp3 control-plane",
    ];
    let topology = topology(STACKED, &hosts);
    let mut observation = fresh(&topology);
    of(&mut observation, "cp1").kubernetes.ca = Some(OTHER_CA.to_owned());
    of(&mut observation, "cp2").kubernetes.ca = Some(CA.to_owned());
    of(&mut observation, "cp3").kubernetes.ca = Some(CA.to_owned());
    let preflights = topology.hosts.iter().enumerate();
    let asked = Asked {
        preflights: preflights
            .map(|(number, host)| (host.name.clone(), Ok(preflight(number))))
            .collect(),
        ..Asked::default()
    };
    let scene = Scene {
        topology: &topology,
        observation: &observation,
    };

    let findings = findings(&scene, &asked, &[].into());

    let foreign = findings
        .iter()
        .filter(|finding| finding.fact == Fact::Leftovers && finding.grade == Grade::Failed);
    let foreign: Vec<&str> = foreign.map(|finding| finding.host.0.as_str()).collect();
    assert_eq!(foreign, ["cp1"]);
}

#[test]
fn what_a_mishap_has_left_of_this_clusters_own_is_no_leftover_of_another() {
    let mut fleet = Fleet::well();
    fleet.is_initialised();
    // A join that was cut off has the CA already.
    let found = &mut fleet.facts("w1").kubernetes;
    found.ca = Some(CA.to_owned());
    found.has_kubelet_conf = true;
    // Its certificates are gone, and etcd still lists it.
    let found = &mut fleet.facts("cp2").kubernetes;
    found.has_etcd_data = true;
    found.manifests = vec!["etcd.yaml".to_owned()];
    assert_eq!(output_of(&fleet, "cp2", Fact::Leftovers).0, Grade::Failed);
    let member = MemberFact {
        id: "1".to_owned(),
        name: "cp2".to_owned(),
        peer_urls: vec![],
        learner: false,
        health: Health::Down("refuses the connection".to_owned()),
    };
    fleet.facts("cp1").cluster = Some(ClusterView {
        etcd: Observed::Known(vec![member]),
        ..ClusterView::default()
    });

    assert_eq!(output_of(&fleet, "w1", Fact::Leftovers).0, Grade::Ok);
    assert_eq!(output_of(&fleet, "cp2", Fact::Leftovers).0, Grade::Ok);
}

#[test]
fn what_lies_on_an_etcd_host_is_the_plans_to_tell() {
    let head = "
        cluster = { name = 'demo', kubernetes = 'v1.34.2', topology = 'external' }
        endpoint = { name = 'api.demo.example', hosts_file = true }
    ";
    let mut fleet = Fleet::well();
    fleet.topology = topology(head, &["lb1 balancer", "lb2 etcd", "cp1 control-plane"]);
    let found = &mut fleet.facts("lb2").kubernetes;
    found.has_etcd_data = true;
    found.manifests = vec!["etcd.yaml".to_owned()];

    assert_eq!(output_of(&fleet, "lb2", Fact::Leftovers).0, Grade::Ok);
}

#[test]
fn what_preparing_sees_to_is_fine_before_it() {
    let mut fleet = Fleet::well();
    let head = format!("prepare = true\n{STACKED}");
    fleet.topology = topology(
        &head,
        &[
            "lb1 balancer",
            "lb2 balancer",
            "cp1 control-plane",
            "cp2 control-plane",
            "w1 worker",
        ],
    );
    let facts = fleet.facts("w1");
    facts.versions = crate::facts::Versions::default();
    facts.units.clear();
    facts.preparation = Some(crate::facts::PreparationFacts {
        is_debians: true,
        ..Default::default()
    });
    let preflight = fleet.preflight("w1");
    preflight.swap = Observed::Known(vec![("/dev/sda2".to_owned(), 2_097_148)]);
    preflight.modules = Observed::Known(std::collections::BTreeSet::default());
    preflight.runtime = Observed::Unknown("containerd.sock is not there".to_owned());
    preflight.containerd = None;

    let findings = fleet.findings(&[]);

    let amiss: Vec<_> = findings
        .iter()
        .filter(|finding| finding.host == "w1".into() && finding.grade != Grade::Ok)
        .collect();
    assert!(amiss.is_empty(), "{amiss:?}");
    let versions = findings
        .iter()
        .find(|finding| finding.host == "w1".into() && finding.fact == Fact::Versions)
        .unwrap();
    assert_eq!(
        versions.found,
        "kubeadm, kubelet not found; `prepare = true` fixes it"
    );
}

#[test]
fn a_host_of_another_distribution_is_not_told_of_apt() {
    let mut fleet = Fleet::well();
    fleet.is_of(Version::new(1, 32, 2));
    for name in ["lb1", "cp1", "w1"] {
        fleet.preflight(name).os = Observed::Known("rocky 9.4".to_owned());
    }
    fleet.preflight("lb1").programs = without(&["socat"]);
    fleet.preflight("cp1").programs = without(&["nsenter"]);
    fleet.preflight("w1").programs = without(&["iptables", "ip"]);
    fleet.preflight("w1").is_synchronised = Observed::Known(false);
    fleet.facts("w1").versions.kubelet = Some(Version::new(1, 32, 1));
    let clock = Clock {
        ahead_s: 60.0,
        doubt_s: 0.02,
    };
    fleet.asked.clocks.insert("w1".into(), clock);

    let findings = fleet.findings(&[]);

    let fixes: Vec<&String> = findings.iter().flat_map(|finding| &finding.fix).collect();
    assert_eq!(fixes.len(), 6, "{fixes:?}");
    assert!(fixes.iter().all(|fix| !fix.contains("apt")), "{fixes:?}");
    let of_programs = findings
        .iter()
        .find(|finding| finding.host == "w1".into() && finding.fact == Fact::Programs)
        .unwrap();
    assert_eq!(
        of_programs.fix,
        ["install ip, iptables from the packages of its distribution"]
    );
}

#[test]
fn an_etcd_that_kubeadm_would_refuse_is_found_before_anything_is_built() {
    let mut fleet = Fleet::well();
    fleet.topology.etcd = EtcdTopology::External;
    fleet.topology.external_etcd.manager = EtcdManager::Systemd;
    let host = fleet
        .topology
        .hosts
        .iter_mut()
        .find(|host| host.name.0 == "w1")
        .unwrap();
    host.roles = [Role::Etcd].into();
    let etcd = |version, flags: &[&str]| {
        Some(EtcdFacts {
            version: Some(version),
            flags: Observed::Known(flags.iter().map(|flag| (*flag).to_owned()).collect()),
            ..EtcdFacts::default()
        })
    };

    let reported = |fleet: &Fleet| {
        let findings = fleet.findings(&[]);
        let mut of_etcd = findings
            .into_iter()
            .filter(|one| one.host.0 == "w1" && one.fact == Fact::Versions);
        of_etcd.next().map(|one| (one.grade, one.found)).unwrap()
    };

    fleet.facts("w1").etcd = etcd(Version::new(3, 4, 23), &["data-dir"]);
    let (grade, found) = reported(&fleet);
    assert_eq!(grade, Grade::Failed);
    assert!(
        found.contains("etcd v3.4.23 is on the host, and kubeadm v1.34.2 on cp1 needs v3.5.24 or newer"),
        "{found}"
    );

    fleet.facts("w1").etcd = etcd(Version::new(3, 5, 24), &["data-dir"]);
    let findings = fleet.findings(&[]);
    assert!(
        !findings
            .iter()
            .any(|one| one.host.0 == "w1" && one.fact == Fact::Versions)
    );

    fleet.topology.external_etcd.arguments = [("no-such-flag".to_owned(), "1".to_owned())].into();
    let (grade, found) = reported(&fleet);
    assert_eq!(grade, Grade::Failed);
    assert!(found.contains("--no-such-flag"), "{found}");
}
