//! What to do about each cause, as the operator reads it.

use super::*;
use crate::check::{CheckedConnection, Fix, Grade, evaluate, evaluate_listened, evaluate_vrrp, fixes};

fn examined(scene: &Scene, from: &str, to: &str, purpose: Purpose, trial: &Trial) -> CheckedConnection {
    let cell = cell(scene.topology, from, to, purpose);
    let evaluation = match purpose {
        Purpose::Vrrp => evaluate_vrrp(scene, &cell),
        _ => evaluate(scene, &cell, trial),
    };
    CheckedConnection {
        cell,
        evaluation,
        listened: false,
    }
}

fn page(fixes: &[Fix]) -> String {
    let list = |all: Vec<String>| all.join(", ");
    let entry = |fix: &Fix| {
        let from = list(fix.from.iter().map(ToString::to_string).collect());
        let ports = list(fix.ports.iter().map(ToString::to_string).collect());
        format!(
            "{from} → {} {ports}: {} ({:?})\n  {}\n",
            list(fix.to.iter().map(ToString::to_string).collect()),
            fix.cause.word(),
            fix.grade,
            fix.steps.join("\n  ")
        )
    };
    fixes.iter().map(entry).collect()
}

#[test]
fn every_cause_has_its_fix() {
    let topology = &stacked();
    let mut hosts = initialised(fresh(topology));
    of(&mut hosts, "lb1").balancer.as_mut().unwrap().holds_vip = false;
    of(&mut hosts, "cp2").kubernetes.has_kubelet_conf = true;
    let scene = &Scene {
        topology,
        observation: &hosts,
    };
    let endpoint = |from, trial| examined(scene, from, "endpoint", Purpose::Endpoint, &trial);
    let named = |from, trial| examined(scene, from, "endpoint", Purpose::EndpointName, &trial);
    let api = |from, reached| examined(scene, from, "cp1", Purpose::ApiServer, &trial(reached));
    let connections = [
        endpoint("lb1", trial(Reached::Closed)),
        endpoint("lb2", trial(Reached::Refused)),
        endpoint("cp1", trial(Reached::NoRoute)),
        endpoint("w1", shows(OTHER_CA)),
        named("cp1", trial(Reached::NameUnknown)),
        named("cp2", resolves_to(&["198.51.100.1"])),
        api("lb1", Reached::TimedOut),
        api("cp2", Reached::Unreachable),
        api("w1", Reached::Refused),
        examined(scene, "cp1", "w1", Purpose::Kubelet, &trial(Reached::Open)),
        examined(scene, "cp2", "cp1", Purpose::Kubelet, &trial(Reached::Refused)),
        examined(
            scene,
            "w1",
            "registry",
            Purpose::Registry,
            &trial(Reached::TimedOut),
        ),
    ];

    insta::assert_snapshot!(page(&fixes(scene, &connections)));
}

#[test]
fn a_vip_on_both_balancers_has_its_fix() {
    let topology = &stacked();
    let mut hosts = with_balancers(fresh(topology));
    of(&mut hosts, "lb2").balancer.as_mut().unwrap().holds_vip = true;
    let scene = &Scene {
        topology,
        observation: &hosts,
    };
    let connections = [("lb1", "lb2"), ("lb2", "lb1")]
        .map(|(from, to)| examined(scene, from, to, Purpose::Vrrp, &trial(Reached::Open)));

    let fixes = fixes(scene, &connections);

    let text = page(&fixes);
    assert!(text.starts_with("lb1 → lb2 VRRP: timed out (Failed)\n"), "{text}");
    assert!(text.contains("both hold the VIP"), "{text}");
}

#[test]
fn a_vip_that_another_machine_has_is_told_once_with_how_to_find_it() {
    let topology = &stacked();
    let hosts = fresh(topology);
    let scene = &Scene {
        topology,
        observation: &hosts,
    };
    let refused = trial(Reached::Refused);
    let connections = [
        examined(scene, "w1", "endpoint", Purpose::Endpoint, &refused),
        examined(scene, "cp1", "endpoint", Purpose::Endpoint, &trial(Reached::Open)),
        examined(scene, "cp1", "endpoint", Purpose::Hairpin, &refused),
    ];

    let fixes = fixes(scene, &connections);

    assert_eq!(
        page(&fixes),
        "cp1, w1 → endpoint 6443: wrong peer (Failed)
  on lb1: `ip neigh show 192.0.2.10` shows the MAC address of the other machine
  set `vip` under [endpoint] to a free address
"
    );
}

#[test]
fn a_peer_that_is_not_known_is_told_with_how_to_find_it_out() {
    let topology = &stacked();
    let hosts = initialised(fresh(topology));
    let scene = &Scene {
        topology,
        observation: &hosts,
    };
    let with = |peer| Trial {
        peer,
        ..trial(Reached::Open)
    };
    let unasked = with(Peer::Unasked("no program".to_owned()));
    let unknown = with(Peer::Unknown("it result nothing".to_owned()));
    let connections = [
        examined(scene, "w1", "endpoint", Purpose::Endpoint, &unasked),
        examined(scene, "w1", "cp1", Purpose::ApiServer, &unasked),
        examined(scene, "w1", "cp2", Purpose::ApiServer, &unasked),
        examined(scene, "lb1", "cp1", Purpose::ApiServer, &unknown),
    ];

    let fixes = fixes(scene, &connections);

    assert_eq!(
        page(&fixes),
        "w1 → cp2 6443: open (Warning)
  nothing of this cluster should listen there yet
  on cp2: `ss -ltnp 'sport = :6443'` shows the process
lb1 → cp1 6443: open (Warning)
  on lb1: `openssl s_client -connect 192.0.2.13:6443 </dev/null` shows the certificate of the peer
w1 → endpoint, cp1 6443: open (Unknown)
  to check the certificate of the peer: install openssl or python3 on w1
"
    );
}

#[test]
fn what_one_firewall_does_to_many_ways_is_told_once() {
    let topology = &stacked();
    let hosts = with_balancers(fresh(topology));
    let scene = &Scene {
        topology,
        observation: &hosts,
    };
    let silent = trial(Reached::TimedOut);
    let connections = [
        examined(scene, "lb1", "cp1", Purpose::ApiServer, &silent),
        examined(scene, "cp2", "cp1", Purpose::ApiServer, &silent),
        examined(scene, "cp2", "cp1", Purpose::Kubelet, &silent),
        examined(scene, "cp2", "cp1", Purpose::EtcdPeers, &silent),
    ];

    let fixes = fixes(scene, &connections);

    let text = page(&fixes);
    assert!(
        text.starts_with("lb1, cp2 → cp1 6443, 10250, 2380: timed out (Failed)\n"),
        "{text}"
    );
    assert!(
        text.ends_with("allow TCP 6443, 10250, 2380 from lb1, cp2\n"),
        "{text}"
    );
}

#[test]
fn what_is_fine_needs_nothing_and_the_gravest_comes_first() {
    let topology = &stacked();
    let hosts = with_balancers(fresh(topology));
    let scene = &Scene {
        topology,
        observation: &hosts,
    };
    let connections = [
        examined(scene, "lb1", "cp1", Purpose::ApiServer, &trial(Reached::Refused)),
        examined(scene, "w1", "cp1", Purpose::ApiServer, &trial(Reached::Open)),
        examined(scene, "w1", "cp2", Purpose::ApiServer, &trial(Reached::TimedOut)),
    ];

    let fixes = fixes(scene, &connections);

    let ends: Vec<String> = fixes.iter().map(|fix| fix.to[0].to_string()).collect();
    assert_eq!(ends, ["cp2", "cp1"]);
}

#[test]
fn where_hawser_listened_only_a_firewall_can_have_refused() {
    let topology = &stacked();
    let hosts = fresh(topology);
    let scene = &Scene {
        topology,
        observation: &hosts,
    };
    let cell = cell(topology, "lb1", "cp1", Purpose::ApiServer);
    let listened = |reached| CheckedConnection {
        evaluation: evaluate_listened(&cell, &trial(reached)),
        cell: cell.clone(),
        listened: true,
    };

    let fixes = fixes(scene, &[listened(Reached::Refused)]);

    assert_eq!(listened(Reached::Open).evaluation.grade, Grade::Ok);
    assert_eq!(fixes[0].grade, Grade::Failed);
    assert_eq!(
        fixes[0].steps,
        [
            "hawser listened there during the check: a firewall rejects it",
            "on cp1: `iptables -S; nft list ruleset` shows the rule that rejects it; allow TCP 6443 from lb1",
        ]
    );
}

#[test]
fn a_package_repository_out_of_reach_names_the_ways_around_it() {
    for (more, address, fix) in [
        (
            "",
            "packages.example, TCP 8080",
            "set a `proxy` in [preparation] that leads there",
        ),
        (
            "proxy = { http = 'http://proxy.example:3128' }",
            "proxy.example, TCP 3128",
            "correct the `proxy` in [preparation]",
        ),
    ] {
        let topology = &prepared(more);
        let mut hosts = fresh(topology);
        of(&mut hosts, "w1").preparation = Some(crate::facts::PreparationFacts {
            is_debians: true,
            ..Default::default()
        });
        let scene = &Scene {
            topology,
            observation: &hosts,
        };
        let silent = trial(Reached::TimedOut);

        let fixes = fixes(
            scene,
            &[examined(scene, "w1", "repository", Purpose::Packages, &silent)],
        );

        assert_eq!(
            fixes[0].steps,
            [
                "kubeadm, kubelet or kubectl is missing on w1, and is installed from there".to_owned(),
                format!(
                    "allow w1 to connect to {address}; or {fix}; or set `packages` in [preparation] to a folder with them"
                ),
            ]
        );
    }
}
