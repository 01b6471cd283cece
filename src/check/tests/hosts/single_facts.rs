//! Facts whose grade depends on more than the host.

use super::*;

#[test]
fn a_missing_program_is_ignored_where_the_inventory_tells_kubeadm_so() {
    let mut fleet = Fleet::well();
    fleet.is_of(Version::new(1, 30, 4));
    fleet.topology.kubeadm.ignore_preflight_errors = vec!["FileExisting-crictl".to_owned()];
    fleet.preflight("cp1").programs = without(&["crictl"]);
    fleet.preflight("cp2").programs = without(&["crictl", "ip"]);
    fleet.preflight("lb1").programs = without(&["haproxy"]);

    assert_eq!(output_of(&fleet, "cp1", Fact::Programs), (Grade::Warning, true));
    assert_eq!(output_of(&fleet, "cp2", Fact::Programs), (Grade::Failed, false));
    fleet.topology.kubeadm.ignore_preflight_errors = vec!["all".to_owned()];
    assert_eq!(output_of(&fleet, "cp2", Fact::Programs), (Grade::Warning, true));
    assert_eq!(output_of(&fleet, "lb1", Fact::Programs), (Grade::Failed, false));
}

#[test]
fn crictl_is_not_asked_for_from_kubernetes_1_32_on() {
    let mut fleet = Fleet::well();
    fleet.is_of(Version::new(1, 32, 0));
    fleet.preflight("cp1").programs = without(&["crictl"]);

    assert_eq!(output_of(&fleet, "cp1", Fact::Programs), (Grade::Ok, false));
}

#[test]
fn a_control_planes_memory_is_counted_as_kubeadm_counts() {
    let mut fleet = Fleet::well();
    fleet.preflight("cp1").memory_kb = Observed::Known(1700 * 1024);
    fleet.preflight("cp2").memory_kb = Observed::Known(1700 * 1024 - 1);

    assert_eq!(output_of(&fleet, "cp1", Fact::Memory).0, Grade::Ok);
    assert_eq!(output_of(&fleet, "cp2", Fact::Memory).0, Grade::Failed);
}

#[test]
fn a_kubelet_is_measured_against_the_kubeadm_of_its_host_until_it_has_joined() {
    for (kubeadm, kubelet, expected) in [
        ((1, 31), (1, 27), Grade::Failed),
        ((1, 30), (1, 27), Grade::Warning),
        ((1, 27), (1, 25), Grade::Failed),
        ((1, 27), (1, 26), Grade::Warning),
        ((1, 28), (1, 26), Grade::Warning),
    ] {
        let mut fleet = Fleet::well();
        // A cluster that both may be in.
        fleet.is_of(Version::new(1, kubeadm.1.min(30), 0));
        let found = &mut fleet.facts("w1").versions;
        found.kubeadm = Some(Version::new(kubeadm.0, kubeadm.1, 0));
        found.kubelet = Some(Version::new(kubelet.0, kubelet.1, 0));

        assert_eq!(
            output_of(&fleet, "w1", Fact::Versions).0,
            expected,
            "{kubeadm:?} {kubelet:?}"
        );
        fleet.facts("w1").kubernetes.has_kubelet_conf = true;
        assert_eq!(output_of(&fleet, "w1", Fact::Versions).0, Grade::Warning);
    }
}

#[test]
fn a_kubelet_that_asks_its_runtime_for_the_driver_goes_with_either() {
    for (kubelet, gate, containerd_2, init, expected) in [
        (36, None, true, "systemd", Grade::Warning),
        (31, None, true, "systemd", Grade::Warning),
        (31, None, true, "init", Grade::Ok),
        // It does not ask, or is not answered.
        (30, None, true, "init", Grade::Failed),
        (31, Some(false), true, "init", Grade::Failed),
        (36, None, false, "init", Grade::Failed),
        (27, Some(true), true, "init", Grade::Failed),
        // As alpha, if it is wished for; from 1.34 on whatever is wished.
        (28, Some(true), true, "init", Grade::Ok),
        (34, Some(false), true, "init", Grade::Ok),
    ] {
        let mut fleet = Fleet::well();
        fleet.is_of(Version::new(1, kubelet, 0));
        fleet.has_containerd_2("w1", false);
        if !containerd_2 {
            fleet.preflight("w1").runtime = Observed::Known("containerd 1.7.27".to_owned());
        }
        fleet.preflight("w1").init = Observed::Known(init.to_owned());
        if let Some(gate) = gate {
            let gates = serde_json::json!({ "KubeletCgroupDriverFromCRI": gate });
            let kubelet = &mut fleet.topology.kubeadm.kubelet_configuration;
            kubelet.insert("featureGates".to_owned(), gates);
        }

        let result = output_of(&fleet, "w1", Fact::CgroupDriver);

        assert_eq!(
            result.0, expected,
            "{kubelet} {gate:?} {containerd_2} {init}: {result:?}"
        );
    }
}

#[test]
fn a_driver_of_systemds_that_the_inventory_does_not_name_is_fine_where_kubelet_takes_it() {
    let mut fleet = Fleet::well();
    fleet.has_containerd_2("w1", true);
    let kubelet = &mut fleet.topology.kubeadm.kubelet_configuration;
    kubelet.insert("cgroupDriver".to_owned(), "cgroupfs".into());

    assert_eq!(output_of(&fleet, "w1", Fact::CgroupDriver).0, Grade::Ok);
    assert_eq!(output_of(&fleet, "cp1", Fact::CgroupDriver).0, Grade::Failed);
}

#[test]
fn cgroup_v1_is_what_the_kubelet_and_the_inventory_make_of_it() {
    for (kubelet, fails, expected) in [
        (30, None, Grade::Ok),
        (34, None, Grade::Warning),
        (34, Some(false), Grade::Ok),
        (34, Some(true), Grade::Failed),
        (35, None, Grade::Failed),
        (36, Some(true), Grade::Failed),
    ] {
        let mut fleet = Fleet::well();
        fleet.is_of(Version::new(1, kubelet, 0));
        // kubeadm's check is not kubelet's.
        let ignored = &mut fleet.topology.kubeadm.ignore_preflight_errors;
        ignored.push("SystemVerification".to_owned());
        fleet.preflight("w1").cgroups = Observed::Known(Cgroups::V1);
        if let Some(fails) = fails {
            let kubelet = &mut fleet.topology.kubeadm.kubelet_configuration;
            kubelet.insert("failCgroupV1".to_owned(), fails.into());
        }

        let result = output_of(&fleet, "w1", Fact::Cgroups);

        assert_eq!(result.0, expected, "{kubelet} {fails:?}: {result:?}");
    }
}

#[test]
fn what_the_inventory_allows_is_fine() {
    let mut fleet = Fleet::well();
    fleet.preflight("w1").swap = Observed::Known(vec![("/dev/sda2".to_owned(), 1024)]);
    fleet.preflight("w1").containerd = Some(Observed::Known(Containerd {
        config_version: 2,
        systemd_cgroup: false,
        cri_is_disabled: false,
    }));
    let kubelet = &mut fleet.topology.kubeadm.kubelet_configuration;
    kubelet.insert("failSwapOn".to_owned(), false.into());
    kubelet.insert("cgroupDriver".to_owned(), "cgroupfs".into());

    let of_worker = fleet.amiss().into_iter().filter(|finding| finding.host.0 == "w1");

    assert_eq!(of_worker.collect::<Vec<_>>(), []);
}

#[test]
fn a_clock_is_measured_against_the_middle_of_all_and_no_finer_than_it_was_read() {
    let mut fleet = Fleet::well();
    for name in ["lb1", "lb2", "cp1", "cp2", "w1"] {
        // The workstation is wrong, the hosts agree.
        let clock = Clock {
            ahead_s: -300.0,
            doubt_s: 0.02,
        };
        fleet.asked.clocks.insert(name.into(), clock);
    }
    let slow = Clock {
        ahead_s: -297.0,
        doubt_s: 3.0,
    };
    fleet.asked.clocks.insert("w1".into(), slow);

    assert_eq!(fleet.amiss(), []);
}
