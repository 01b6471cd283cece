//! What can be wrong with a host, each by itself.

use super::*;

pub(super) type Break = (&'static str, fn(&mut Fleet));

/// What is broken, and how.
pub(super) const BREAKS: &[Break] = &[
    ("an unusual distribution", |fleet| {
        fleet.preflight("w1").os = Observed::Known("alpine 3.19".to_owned());
    }),
    ("a kernel from long ago", |fleet| {
        fleet.facts("cp1").system.kernel = "3.2.0-4-amd64".to_owned();
    }),
    ("a kernel that newer kubeadm refuses", |fleet| {
        fleet.facts("cp1").system.kernel = "4.18.0-553.el8".to_owned();
    }),
    ("a kernel that this kubeadm refuses", |fleet| {
        fleet.is_of(Version::new(1, 33, 0));
        fleet.facts("cp1").system.kernel = "4.18.0-553.el8".to_owned();
    }),
    ("a processor without images", |fleet| {
        fleet.facts("w1").system.architecture = "riscv64".to_owned();
    }),
    ("cgroup v1 where it is kept alive", |fleet| {
        fleet.preflight("cp1").cgroups = Observed::Known(Cgroups::V1);
    }),
    ("cgroup v1 that kubelet takes and kubeadm does not", |fleet| {
        fleet.is_of(Version::new(1, 35, 0));
        fleet.allows_cgroup_v1();
        fleet.preflight("cp1").cgroups = Observed::Known(Cgroups::V1);
    }),
    ("cgroup v1 that both take", |fleet| {
        fleet.is_of(Version::new(1, 35, 0));
        fleet.allows_cgroup_v1();
        let ignored = &mut fleet.topology.kubeadm.ignore_preflight_errors;
        ignored.push("SystemVerification".to_owned());
        fleet.preflight("cp1").cgroups = Observed::Known(Cgroups::V1);
    }),
    ("cgroup v1 where it is refused", |fleet| {
        fleet.is_of(Version::new(1, 35, 0));
        fleet.preflight("cp1").cgroups = Observed::Known(Cgroups::V1);
    }),
    ("two minds about cgroups", |fleet| {
        fleet.preflight("w1").containerd = Some(Observed::Known(Containerd {
            config_version: 2,
            systemd_cgroup: false,
            cri_is_disabled: false,
        }));
    }),
    ("a kubelet that takes the driver from its runtime", |fleet| {
        fleet.has_containerd_2("w1", false);
    }),
    ("a driver without systemd", |fleet| {
        fleet.preflight("w1").init = Observed::Known("runit".to_owned());
    }),
    ("swap", |fleet| {
        fleet.preflight("w1").swap = Observed::Known(vec![("/dev/sda2".to_owned(), 2 << 20)]);
    }),
    ("a missing module", |fleet| {
        fleet.preflight("w1").modules = Observed::Known(["br_netfilter".to_owned()].into());
    }),
    ("no forwarding", |fleet| {
        fleet.preflight("w1").sysctls =
            Observed::Known([("net.ipv4.ip_forward".to_owned(), "0".to_owned())].into());
    }),
    ("one processor", |fleet| {
        fleet.preflight("cp1").cpus = Observed::Known(1);
    }),
    ("little memory for a control plane", |fleet| {
        fleet.preflight("cp1").memory_kb = Observed::Known(1 << 20);
    }),
    ("little memory for a worker", |fleet| {
        fleet.preflight("w1").memory_kb = Observed::Known(1 << 19);
    }),
    ("no room for etcd", |fleet| {
        fleet
            .preflight("cp1")
            .disks
            .insert("/var/lib/etcd".to_owned(), kilobytes(1 << 20));
    }),
    ("a disk that is nearly full", |fleet| {
        fleet
            .preflight("w1")
            .disks
            .insert("/var/lib".to_owned(), kilobytes(9 << 20));
    }),
    ("a slow disk", |fleet| {
        let times = SyncTimes {
            count: 1000,
            p99_us: 34_500,
        };
        fleet
            .asked
            .sync_times
            .insert("cp1".into(), Observed::Known(times));
    }),
    ("a disk that could not be measured", |fleet| {
        let why = "neither python3 nor perl is installed, and one is needed to measure".to_owned();
        fleet
            .asked
            .sync_times
            .insert("cp1".into(), Observed::Unknown(why));
    }),
    ("a clock that is ahead", |fleet| {
        let clock = Clock {
            ahead_s: 7.25,
            doubt_s: 0.02,
        };
        fleet.asked.clocks.insert("cp2".into(), clock);
    }),
    ("a clock that follows nobody", |fleet| {
        fleet.preflight("cp1").is_synchronised = Observed::Known(false);
    }),
    ("a host name twice", |fleet| {
        fleet.facts("w1").system.hostname = "cp1".to_owned();
    }),
    ("a name that does not resolve", |fleet| {
        fleet.preflight("cp1").own_name = Observed::Known(vec![]);
    }),
    ("a card's address twice", |fleet| {
        let cards = fleet.preflight("cp1").cards.clone();
        fleet.preflight("cp2").cards = cards;
    }),
    ("a maker's number twice", |fleet| {
        let uuid = fleet.preflight("cp1").product_uuid.clone();
        fleet.preflight("cp2").product_uuid = uuid;
    }),
    ("a maker's number that nobody may read", |fleet| {
        fleet.preflight("cp1").product_uuid = Observed::Unknown("Permission denied".to_owned());
    }),
    ("a port of the API server's", |fleet| {
        fleet.preflight("cp1").listeners = listener(6443, "nginx");
    }),
    ("an etcd of the distribution's", |fleet| {
        fleet.preflight("cp1").listeners = listener(2379, "etcd");
    }),
    ("a port of the balancer's", |fleet| {
        fleet.preflight("lb1").listeners = listener(6443, "nginx");
    }),
    ("no container runtime", |fleet| {
        let why = "/run/containerd/containerd.sock is not there".to_owned();
        fleet.preflight("w1").runtime = Observed::Unknown(why);
    }),
    ("a container runtime that is not for Kubernetes", |fleet| {
        fleet.preflight("w1").containerd = Some(Observed::Known(Containerd {
            config_version: 2,
            systemd_cgroup: true,
            cri_is_disabled: true,
        }));
    }),
    ("a kubelet that would not start with the host", |fleet| {
        fleet.facts("w1").units.get_mut("kubelet").unwrap().enabled = false;
    }),
    ("no kubeadm", |fleet| fleet.facts("w1").versions.kubeadm = None),
    ("a kubeadm that is too old", |fleet| {
        fleet.facts("w1").versions.kubeadm = Some(Version::new(1, 33, 4));
    }),
    ("a kubelet that is too new", |fleet| {
        fleet.facts("w1").versions.kubelet = Some(Version::new(1, 35, 0));
    }),
    ("a kubelet that the host's own kubeadm refuses", |fleet| {
        fleet.facts("w1").versions.kubeadm = Some(Version::new(1, 35, 0));
        fleet.facts("w1").versions.kubelet = Some(Version::new(1, 31, 9));
    }),
    ("a kubectl from long ago", |fleet| {
        fleet.facts("cp1").versions.kubectl = Some(Version::new(1, 32, 0));
    }),
    ("a kubelet of another patch", |fleet| {
        fleet.facts("w1").versions.kubelet = Some(Version::new(1, 34, 0));
    }),
    ("programs that kubeadm of 1.32 wanted", |fleet| {
        fleet.is_of(Version::new(1, 32, 0));
        fleet.preflight("cp1").programs = without(&["iptables", "nsenter"]);
    }),
    ("programs that are not there", |fleet| {
        fleet.preflight("cp1").programs = without(&["iptables", "nsenter", "losetup"]);
    }),
    ("no crictl where kubeadm insists", |fleet| {
        fleet.is_of(Version::new(1, 30, 4));
        fleet.preflight("w1").programs = without(&["crictl"]);
    }),
    ("no crictl where kubeadm warns", |fleet| {
        fleet.is_of(Version::new(1, 31, 0));
        fleet.preflight("w1").programs = without(&["crictl"]);
    }),
    ("no crictl for a runtime that only it can ask", |fleet| {
        fleet.topology.kubeadm.cri_socket = "unix:///run/crio/crio.sock".to_owned();
        fleet.preflight("w1").programs = without(&["crictl"]);
    }),
    ("a balancer without HAProxy", |fleet| {
        fleet.preflight("lb1").programs = without(&["haproxy", "keepalived"]);
    }),
    ("nothing to speak with HAProxy", |fleet| {
        fleet.preflight("lb2").programs = without(&["socat"]);
    }),
    ("another cluster's worker", |fleet| {
        fleet.facts("w1").kubernetes.ca = Some(OTHER_CA.to_owned());
    }),
    ("another cluster's control plane", |fleet| {
        fleet.facts("cp1").kubernetes.ca = Some(CA.to_owned());
        fleet.facts("w1").kubernetes.ca = Some(OTHER_CA.to_owned());
    }),
    ("an identity without a cluster", |fleet| {
        fleet.facts("w1").kubernetes.has_kubelet_conf = true;
    }),
    ("etcd's data without a cluster", |fleet| {
        fleet.facts("cp2").kubernetes.has_etcd_data = true;
    }),
    ("an identity beside a cluster that runs", |fleet| {
        fleet.is_initialised();
        fleet.facts("w1").kubernetes.has_kubelet_conf = true;
    }),
    ("a whole control plane beside a cluster that runs", |fleet| {
        fleet.is_initialised();
        let found = &mut fleet.facts("cp2").kubernetes;
        found.has_etcd_data = true;
        found.manifests = vec!["etcd.yaml".to_owned(), "kube-apiserver.yaml".to_owned()];
    }),
    ("etcd's data beside a cluster that runs", |fleet| {
        fleet.is_initialised();
        fleet.facts("cp2").kubernetes.has_etcd_data = true;
    }),
    ("a kubeadm at work", |fleet| {
        fleet.facts("cp2").kubernetes.running_kubeadm = Some(812);
    }),
    ("unattended upgrades", |fleet| {
        fleet.preflight("w1").package_lock = Observed::Known(vec![(812, "unattended-upgr".to_owned())]);
    }),
    ("no sudo", |fleet| {
        let problem = Problem::Sudo {
            host: "w1".into(),
            user: "ops".to_owned(),
            cause: "sudo: a password is required".to_owned(),
        };
        fleet.observation.insert("w1".into(), Err(problem));
    }),
];
