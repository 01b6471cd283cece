//! What is chosen by the version of kubeadm, of a kubelet or of the cluster.

use super::Versions::{Before, From, Within};
pub use super::api_version::ApiVersion;
use super::{Row, Version, Versions, chosen, is_so};

/// What a version of Kubernetes' own programs brings with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The configuration that kubeadm itself writes.
    ConfigApi(ApiVersion),
    /// kubeadm deploys its own minor release, and so many before it.
    DeploysBefore(u32),
    /// kubeadm takes a kubelet that is so many minor releases older than itself.
    TakesKubeletBefore(u32),
    /// A kubelet may be so many minor releases older than the API server.
    KubeletBehind(u32),
    /// kubectl may be so many minor releases away from the API server.
    KubectlApart(u32),
    /// kubeadm adds an etcd member as a learner, which has no vote until it is in step.
    JoinsAsLearner,
    /// kubeadm writes the container runtime's socket on the node, at the end of a join.
    WritesCriSocket,
    /// `kubeadm-config` has every control plane's address, written by the phase `update-status` of a join.
    UpdatesStatus,
    /// `kubeadm init` makes /etc/kubernetes/super-admin.conf, with a key that no rule of the cluster can stop.
    MakesSuperAdmin,
    /// Which label, and which taint, kubeadm gives control planes.
    ControlPlaneLabel(&'static str),
    /// kubeadm looks for containerd by itself: before, for Docker.
    FindsContainerd,
    /// What kubeadm knows to patch; any other patch it leaves out.
    Patches(&'static str),
    /// The oldest external etcd that kubeadm takes.
    OldestEtcd(Version),
    /// kubeadm wants iptables to see bridged packets.
    WantsBridgedPackets,
    WantsConntrack,
    WantsCrictl,
    WarnsOfCrictl,
    /// kubeadm wants the programs `iptables` and `nsenter`; those without want `losetup`.
    WantsIptables,
    /// kubeadm refuses a kernel that is older than 4.19, where others warn.
    RefusesOldKernels,
    /// cgroup v1 is only kept alive.
    KeepsCgroupV1,
    /// A kubelet does not start on cgroup v1, but where its configuration says so.
    RefusesCgroupV1,
    /// A kubelet takes its cgroup driver from a container runtime that tells it, as its gate says.
    AsksRuntimeForDriver(Gate),
    /// A kubelet knows no other runtime than one behind a socket.
    RuntimeIsRemote,
    /// A kubelet takes the runtime's socket from its file.
    RuntimeInFile,
}

/// How a feature's gate stands where nothing is said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// It can be switched on.
    Off,
    /// It can be switched off.
    On,
    /// It is on, whatever is said.
    Locked,
}

/// The table. Where two rows of a kind are of the same version, the later counts.
#[rustfmt::skip]
pub const TABLE: &[Row<Choice>] = &[
    row("kubeadm", Within(minor(15), minor(22)), Choice::ConfigApi(ApiVersion::V1Beta2), "CHANGELOG-1.15, `kubeadm config print init-defaults`"),
    row("kubeadm", Within(minor(22), minor(31)), Choice::ConfigApi(ApiVersion::V1Beta3), "CHANGELOG-1.22"),
    row("kubeadm", From(minor(31)), Choice::ConfigApi(ApiVersion::V1Beta4), "CHANGELOG-1.31, `kubeadm config print init-defaults`"),
    row("kubeadm", From(minor(15)), Choice::DeploysBefore(1), "`MinimumControlPlaneVersion` of kubeadm's constants"),
    row("kubeadm", Before(minor(28)), Choice::TakesKubeletBefore(1), "`MinimumKubeletVersion` of kubeadm's constants, 1.20"),
    // CHANGELOG-1.29 has it; a later patch of 1.28 may too, and nobody is refused there.
    row("kubeadm", From(minor(28)), Choice::TakesKubeletBefore(3), "`MinimumKubeletVersion` of kubeadm's constants, 1.31 to 1.36"),
    row("cluster", Before(minor(28)), Choice::KubeletBehind(2), "Kubernetes' version skew policy"),
    row("cluster", From(minor(28)), Choice::KubeletBehind(3), "Kubernetes' version skew policy"),
    row("cluster", From(minor(15)), Choice::KubectlApart(1), "Kubernetes' version skew policy"),
    row("kubeadm", From(minor(29)), Choice::JoinsAsLearner, "feature `EtcdLearnerMode`: on from 1.29"),
    row("kubeadm", Before(minor(34)), Choice::WritesCriSocket, "feature `NodeLocalCRISocket`: there from 1.32, on from 1.34"),
    row("kubeadm", Before(minor(22)), Choice::UpdatesStatus, "CHANGELOG-1.22, `kubeadm join --help`"),
    row("kubeadm", From(minor(29)), Choice::MakesSuperAdmin, "CHANGELOG-1.29, `kubeadm init --help`"),
    row("kubeadm", Before(minor(24)), Choice::ControlPlaneLabel("node-role.kubernetes.io/master"), "CHANGELOG-1.24"),
    row("kubeadm", From(minor(20)), Choice::ControlPlaneLabel("node-role.kubernetes.io/control-plane"), "CHANGELOG-1.20"),
    row("kubeadm", From(minor(24)), Choice::FindsContainerd, "CHANGELOG-1.24, `kubeadm config print init-defaults`"),
    row("kubeadm", From(minor(19)), Choice::Patches("etcd"), "CHANGELOG-1.19"),
    row("kubeadm", From(minor(19)), Choice::Patches("kube-apiserver"), "CHANGELOG-1.19"),
    row("kubeadm", From(minor(19)), Choice::Patches("kube-controller-manager"), "CHANGELOG-1.19"),
    row("kubeadm", From(minor(19)), Choice::Patches("kube-scheduler"), "CHANGELOG-1.19"),
    row("kubeadm", From(minor(25)), Choice::Patches("kubeletconfiguration"), "CHANGELOG-1.25, `kubeadm init --help`"),
    row("kubeadm", From(minor(31)), Choice::Patches("corednsdeployment"), "CHANGELOG-1.31, `kubeadm init --help`"),
    row("kubeadm", Before(minor(28)), Choice::OldestEtcd(etcd(2, 18)), "`MinExternalEtcdVersion` of kubeadm's constants, 1.20"),
    row("kubeadm", From(minor(28)), Choice::OldestEtcd(etcd(4, 13)), "kubernetes#118733"),
    row("kubeadm", From(minor(31)), Choice::OldestEtcd(etcd(5, 11)), "`MinExternalEtcdVersion` of kubeadm's constants, 1.31.10, 1.32.5"),
    row("kubeadm", Within(patch(31, 14), minor(32)), Choice::OldestEtcd(etcd(5, 24)), "`MinExternalEtcdVersion`, 1.31.14"),
    row("kubeadm", Within(patch(32, 10), minor(33)), Choice::OldestEtcd(etcd(5, 24)), "`MinExternalEtcdVersion`, 1.32.10"),
    row("kubeadm", Within(patch(33, 6), minor(34)), Choice::OldestEtcd(etcd(5, 24)), "`MinExternalEtcdVersion`, 1.33.6"),
    row("kubeadm", From(minor(34)), Choice::OldestEtcd(etcd(5, 21)), "kubernetes#134779"),
    row("kubeadm", From(patch(34, 2)), Choice::OldestEtcd(etcd(5, 24)), "`MinExternalEtcdVersion`, 1.34.2 to 1.36.2"),
    row("cluster", Before(minor(30)), Choice::WantsBridgedPackets, "CHANGELOG-1.30: no `FileContent` of bridge-nf-call-iptables"),
    row("cluster", Before(minor(32)), Choice::WantsConntrack, "kubeadm's preflight/checks_linux.go, 1.31 and 1.32"),
    row("kubeadm", Before(minor(31)), Choice::WantsCrictl, "CHANGELOG-1.31"),
    row("kubeadm", Within(minor(31), minor(32)), Choice::WarnsOfCrictl, "kubeadm's preflight/checks_linux.go, 1.31 and 1.32"),
    row("kubeadm", Before(minor(33)), Choice::WantsIptables, "kubeadm's preflight/checks_linux.go, 1.31 to 1.36"),
    row("kubeadm", Within(minor(32), minor(34)), Choice::RefusesOldKernels, "kubeadm's `SystemVerification`, 1.31 to 1.36"),
    row("kubelet", From(minor(31)), Choice::KeepsCgroupV1, "CHANGELOG-1.31"),
    row("kubelet", From(minor(35)), Choice::RefusesCgroupV1, "CHANGELOG-1.35: `failCgroupV1` is true if not given"),
    row("kubelet", Within(minor(28), minor(31)), Choice::AsksRuntimeForDriver(Gate::Off), "feature `KubeletCgroupDriverFromCRI`: there from 1.28"),
    row("kubelet", Within(minor(31), minor(34)), Choice::AsksRuntimeForDriver(Gate::On), "feature `KubeletCgroupDriverFromCRI`: on from 1.31"),
    row("kubelet", From(minor(34)), Choice::AsksRuntimeForDriver(Gate::Locked), "feature `KubeletCgroupDriverFromCRI`: always on from 1.34"),
    row("kubelet", From(minor(24)), Choice::RuntimeIsRemote, "CHANGELOG-1.24: no dockershim; `kubelet --help`"),
    row("kubelet", From(minor(27)), Choice::RuntimeInFile, "CHANGELOG-1.27: `containerRuntimeEndpoint`; `kubelet --help`"),
];

const fn row(of: &'static str, versions: Versions, choice: Choice, source: &'static str) -> Row<Choice> {
    Row {
        of,
        versions,
        choice,
        source,
    }
}

const fn minor(minor: u32) -> Version {
    patch(minor, 0)
}

const fn patch(minor: u32, patch: u32) -> Version {
    Version::new(1, minor, patch)
}

const fn etcd(minor: u32, patch: u32) -> Version {
    Version::new(3, minor, patch)
}

/// Why a kubeadm cannot make a cluster of a version; `None` where it can.
pub fn cannot_deploy(kubeadm: Version, cluster: Version) -> Option<&'static str> {
    let before = number(kubeadm, |choice| match choice {
        Choice::DeploysBefore(before) => Some(*before),
        _ => None,
    });
    let fits = cluster.minor <= kubeadm.minor && kubeadm.minor <= cluster.minor + before;
    (!fits).then_some("a kubeadm deploys only its own minor release and the one before")
}

/// Why a kubelet cannot be in a cluster of a version; `None` where it can.
pub fn cannot_join(kubelet: Version, cluster: Version) -> Option<&'static str> {
    let behind = number(cluster, |choice| match choice {
        Choice::KubeletBehind(behind) => Some(*behind),
        _ => None,
    });
    if kubelet.minor > cluster.minor {
        Some("a kubelet must not be newer than the API server")
    } else if kubelet.minor + behind < cluster.minor {
        Some("the kubelet is too old for the API server")
    } else {
        None
    }
}

/// How many minor releases older than a kubeadm a kubelet may be: kubeadm compares it with itself (`KubeletVersion`)
/// before it initialises or joins.
pub fn kubelet_before(kubeadm: Version) -> u32 {
    number(kubeadm, |choice| match choice {
        Choice::TakesKubeletBefore(before) => Some(*before),
        _ => None,
    })
}

/// Whether a kubectl is made for a cluster of a version. What it asks for works or not, command by command.
pub fn kubectl_goes_with(kubectl: Version, cluster: Version) -> bool {
    let apart = number(cluster, |choice| match choice {
        Choice::KubectlApart(apart) => Some(*apart),
        _ => None,
    });
    kubectl.minor.abs_diff(cluster.minor) <= apart
}

/// Whether a kubeadm adds an etcd member as a learner: else it is a voter at once, and from one to two there is no
/// quorum until the newcomer runs.
pub fn joins_as_learner(kubeadm: Version) -> bool {
    is_so(TABLE, &Choice::JoinsAsLearner, kubeadm)
}

/// Whether a kubeadm writes the container runtime's socket on a node, as the last thing of a join
/// (`kubeadm.alpha.kubernetes.io/cri-socket`).
pub fn writes_cri_socket(kubeadm: Version) -> bool {
    is_so(TABLE, &Choice::WritesCriSocket, kubeadm)
}

/// What a kubeadm does after a control plane's etcd member has started: phases of `kubeadm join`.
pub fn finishing_phases(kubeadm: Version) -> &'static [&'static str] {
    if is_so(TABLE, &Choice::UpdatesStatus, kubeadm) {
        &["update-status", "mark-control-plane"]
    } else {
        // Later phases of that name do nothing.
        &["mark-control-plane"]
    }
}

/// Whether `kubeadm init` makes /etc/kubernetes/super-admin.conf, on the first control plane.
pub fn makes_super_admin(kubeadm: Version) -> bool {
    is_so(TABLE, &Choice::MakesSuperAdmin, kubeadm)
}

/// Whether a node that has this label or taint is a control plane of some kubeadm's.
pub fn marks_control_plane(label: &str) -> bool {
    TABLE
        .iter()
        .any(|row| matches!(row.choice, Choice::ControlPlaneLabel(name) if name == label))
}

/// Whether a kubeadm looks for containerd by itself.
pub fn finds_containerd(kubeadm: Version) -> bool {
    is_so(TABLE, &Choice::FindsContainerd, kubeadm)
}

/// Whether a kubeadm knows to patch something: before, it leaves such a patch out.
pub fn patches(kubeadm: Version, target: &str) -> bool {
    let mut rows = TABLE.iter().filter(|row| row.versions.contain(kubeadm));
    rows.any(|row| matches!(row.choice, Choice::Patches(known) if known == target))
}

/// The oldest external etcd that a kubeadm takes (`ExternalEtcdVersion`); `None` where any will do.
pub fn oldest_external_etcd(kubeadm: Version) -> Option<Version> {
    chosen(TABLE, kubeadm, |choice| match choice {
        Choice::OldestEtcd(version) => Some(*version),
        _ => None,
    })
}

pub fn wants_bridged_packets(cluster: Version) -> bool {
    is_so(TABLE, &Choice::WantsBridgedPackets, cluster)
}

pub fn wants_conntrack(cluster: Version) -> bool {
    is_so(TABLE, &Choice::WantsConntrack, cluster)
}

/// Whether a kubeadm refuses a host without `crictl`.
pub fn wants_crictl(kubeadm: Version) -> bool {
    is_so(TABLE, &Choice::WantsCrictl, kubeadm)
}

pub fn warns_of_crictl(kubeadm: Version) -> bool {
    is_so(TABLE, &Choice::WarnsOfCrictl, kubeadm)
}

/// Whether a kubeadm wants the programs `iptables` and `nsenter`: else it wants `losetup`.
pub fn wants_iptables(kubeadm: Version) -> bool {
    is_so(TABLE, &Choice::WantsIptables, kubeadm)
}

pub fn refuses_old_kernels(kubeadm: Version) -> bool {
    is_so(TABLE, &Choice::RefusesOldKernels, kubeadm)
}

/// What becomes of hosts with cgroup v1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CgroupV1 {
    /// It is as good as v2.
    Works,
    /// It works, and is only kept alive.
    IsKept,
    /// A kubelet does not start, but with `failCgroupV1: false`.
    IsRefused,
}

pub fn cgroup_v1(program: Version) -> CgroupV1 {
    if is_so(TABLE, &Choice::RefusesCgroupV1, program) {
        CgroupV1::IsRefused
    } else if is_so(TABLE, &Choice::KeepsCgroupV1, program) {
        CgroupV1::IsKept
    } else {
        CgroupV1::Works
    }
}

/// Whether a kubelet takes its cgroup driver from a container runtime that tells it, whatever its own file says; `gate`
/// is what that file says of the feature `KubeletCgroupDriverFromCRI`.
pub fn asks_runtime_for_driver(kubelet: Version, gate: Option<bool>) -> bool {
    let stands = chosen(TABLE, kubelet, |choice| match choice {
        Choice::AsksRuntimeForDriver(gate) => Some(*gate),
        _ => None,
    });
    match stands {
        None => false,
        Some(Gate::Off) => gate == Some(true),
        Some(Gate::On) => gate != Some(false),
        Some(Gate::Locked) => true,
    }
}

/// Whether a kubelet knows no other runtime than one behind a socket: before, a flag says that it is one.
pub fn runtime_is_remote(kubelet: Version) -> bool {
    is_so(TABLE, &Choice::RuntimeIsRemote, kubelet)
}

/// Whether a kubelet takes the runtime's socket from its file: before, from a flag.
pub fn runtime_in_file(kubelet: Version) -> bool {
    is_so(TABLE, &Choice::RuntimeInFile, kubelet)
}

fn number(version: Version, value: impl Fn(&Choice) -> Option<u32>) -> u32 {
    chosen(TABLE, version, value).unwrap_or(0)
}
