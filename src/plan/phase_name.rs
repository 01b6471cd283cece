//! The phases of a run: each with its title for people and its name in JSON, in the order in which they come.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! phase_names {
    ($($variant:ident $name:literal $title:literal,)*) => {
        /// What a phase of a run is for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum PhaseName {
            $($variant,)*
        }

        impl PhaseName {
            /// Every phase, in the order of a run; that of `hawser join-command` is last.
            pub const ALL: &[PhaseName] = &[$(PhaseName::$variant),*];

            /// Its name in events, in reports and in plans as JSON.
            pub fn name(self) -> &'static str {
                match self {
                    $(PhaseName::$variant => $name,)*
                }
            }

            /// What a person reads.
            pub fn title(self) -> &'static str {
                match self {
                    $(PhaseName::$variant => $title,)*
                }
            }
        }
    };
}

phase_names! {
    Observe "observe" "connect and observe",
    Check "check" "check hosts and connections",
    ObserveAgain "observe-again" "observe again",
    Prepare "prepare" "prepare hosts",
    Files "files" "write files",
    Balancers "balancers" "set up balancers",
    EndpointPath "endpoint-path" "check the path to the API endpoint",
    Images "images" "load images",
    EtcdAuthority "etcd-ca" "read the etcd CA",
    EtcdCertificates "etcd-certificates" "issue etcd certificates",
    EtcdMembers "etcd-members" "start etcd members",
    EtcdLeader "etcd-leader" "wait for an etcd leader",
    EtcdScaleUp "etcd-scale-up" "add etcd members",
    EtcdClientRenewal "etcd-client-renewal" "renew etcd client certificates",
    EtcdClient "etcd-client" "issue the etcd client certificate",
    Init "init" "initialise the cluster",
    PodNetwork "pod-network" "install the pod network",
    FirstControlPlane "first-control-plane" "wait for the first control plane",
    KubeadmConfig "kubeadm-config" "add etcd members to kubeadm-config",
    Restart "restart" "restart half-joined control planes",
    Credentials "credentials" "prepare join credentials",
    Removal "removal" "remove failed control planes",
    JoinSecond "join-second" "join the second control plane",
    FirstNode "first-node" "wait for the first node to be Ready",
    Join "join" "join hosts",
    Labels "labels" "set labels and taints",
    BalancerReload "balancer-reload" "reload balancers",
    ApiServers "api-servers" "add etcd members to API servers",
    CleanUp "clean-up" "clean up",
    Verify "verify" "verify",
    JoinCommand "join-command" "create the join command's credentials",
}

impl PhaseName {
    /// Whether its steps create a token, or upload certificates, in the cluster: the run's end deletes them.
    pub fn creates_secrets(self) -> bool {
        matches!(
            self,
            PhaseName::Init | PhaseName::Credentials | PhaseName::JoinCommand
        )
    }
}

impl fmt::Display for PhaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.title())
    }
}

impl Serialize for PhaseName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
