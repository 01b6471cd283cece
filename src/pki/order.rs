//! Which certificates a bundle is to hold: pure data, for a plan.

use serde::Serialize;

use crate::topology::{EtcdSettings, Host, KeyAlgorithm, Role, Topology};
use crate::values::Bundle;

/// Where etcd's authority stands on a host, as kubeadm has it.
pub const AUTHORITY_CERTIFICATE: &str = "/etc/kubernetes/pki/etcd/ca.crt";

/// Where its key rests: on etcd hosts alone.
pub const AUTHORITY_KEY: &str = "/etc/kubernetes/pki/etcd/ca.key";

/// A bundle that the run makes itself: new keys, and certificates that etcd's authority signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Order {
    pub bundle: Bundle,
    /// Of every key that is made.
    pub algorithm: KeyAlgorithm,
    /// Whether the authority may be made too, where the run knows none yet.
    pub may_make_authority: bool,
    /// Whether the authority's key is part of the bundle; its certificate always is.
    pub holds_authority_key: bool,
    pub leaves: Vec<Leaf>,
}

/// A certificate to be signed, with a new key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leaf {
    /// Its path on the host without `.crt` and `.key`.
    pub stem: String,
    /// The subject, which is a common name and nothing else.
    pub common_name: String,
    /// DNS names and addresses under which it is asked for.
    pub names: Vec<String>,
    pub usage: Usage,
}

/// What a certificate is for (extended key usages).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Usage {
    /// Both ends of a connection: members dial each other, and etcd's own gateway dials itself.
    ServerAndClient,
    /// The end that asks.
    Client,
}

impl Leaf {
    /// All that a member has.
    pub fn all_of_member(host: &Host) -> Vec<Self> {
        vec![Self::server(host), Self::peer(host), Self::healthcheck_client()]
    }

    /// What a member shows to its clients.
    pub fn server(host: &Host) -> Self {
        Self::of_member("server", host)
    }

    /// What members show to each other, at either end.
    pub fn peer(host: &Host) -> Self {
        Self::of_member("peer", host)
    }

    /// With which a member's own health is asked for.
    pub fn healthcheck_client() -> Self {
        Self::of_client("etcd/healthcheck-client", "kube-etcd-healthcheck-client")
    }

    /// With which API servers ask etcd.
    pub fn api_server_client() -> Self {
        Self::of_client("apiserver-etcd-client", "kube-apiserver-etcd-client")
    }

    pub fn certificate(&self) -> String {
        format!("{}.crt", self.stem)
    }

    pub fn key(&self) -> String {
        format!("{}.key", self.stem)
    }

    fn of_member(name: &str, host: &Host) -> Self {
        let address = host.address.to_string();
        Self {
            stem: format!("/etc/kubernetes/pki/etcd/{name}"),
            common_name: host.name.to_string(),
            names: vec![
                host.name.to_string(),
                "localhost".to_owned(),
                address,
                "127.0.0.1".to_owned(),
                "::1".to_owned(),
            ],
            usage: Usage::ServerAndClient,
        }
    }

    fn of_client(path: &str, common_name: &str) -> Self {
        Self {
            stem: format!("/etc/kubernetes/pki/{path}"),
            common_name: common_name.to_owned(),
            names: Vec::new(),
            usage: Usage::Client,
        }
    }
}

impl Order {
    /// What each member is to have, under an authority of which nothing is known yet, with its host.
    pub fn for_members(topology: &Topology) -> impl Iterator<Item = (&Host, Self)> {
        let order = |(place, host)| {
            let leaves = Leaf::all_of_member(host);
            let order = Self::new(&topology.external_etcd, Bundle::EtcdMember(place), leaves);
            (host, order)
        };
        (0..=u8::MAX).zip(topology.with_role(Role::Etcd)).map(order)
    }

    /// What API servers are to have, under an authority of which nothing is known yet.
    pub fn for_clients(settings: &EtcdSettings) -> Self {
        Self::new(settings, Bundle::EtcdClient, vec![Leaf::api_server_client()])
    }

    fn new(settings: &EtcdSettings, bundle: Bundle, leaves: Vec<Leaf>) -> Self {
        let is_own = settings.authority.is_some();
        Self {
            bundle,
            algorithm: settings.key_algorithm,
            may_make_authority: !is_own,
            holds_authority_key: matches!(bundle, Bundle::EtcdMember(_)) && !is_own,
            leaves,
        }
    }

    /// The paths of all its files, in the order in which the bundle has them.
    pub fn paths(&self) -> Vec<String> {
        let authority_key = self.holds_authority_key.then(|| AUTHORITY_KEY.to_owned());
        // Keys first: a host on which the writing ended early has no certificate that it could be taken for whole by.
        let keys = self.leaves.iter().map(Leaf::key);
        let certificates = self.leaves.iter().map(Leaf::certificate);
        authority_key
            .into_iter()
            .chain(keys)
            .chain(certificates)
            .chain([AUTHORITY_CERTIFICATE.to_owned()])
            .collect()
    }
}
