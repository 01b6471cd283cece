//! The `ClusterConfiguration`: what kubeadm keeps in the cluster.

use minijinja::context;
use serde_json::Value;

use super::{ApiVersion, fragments, merged};
use crate::error::Problem;
use crate::remote::files::socket;
use crate::topology::{EtcdTopology, Role, Topology};

const ETCD_CLIENT_PORT: u16 = 2379;

/// The `ClusterConfiguration` that the inventory asks for, the user's fragment merged in. Errors: a user's template
/// that cannot be rendered, or renders something else.
pub fn cluster_configuration(topology: &Topology, api: ApiVersion) -> Result<Value, Problem> {
    let mut document = merged(
        topology,
        "kubeadm/cluster.yaml.j2",
        context! {
            api_version => api.group_version(),
            cluster => topology.cluster.as_str(),
            version => topology.version.to_string(),
            endpoint => topology.endpoint.authority(),
            image_repository => topology.image_repository.as_str(),
            names => certificate_names(topology),
            pods => list(&topology.networks.pods),
            services => list(&topology.networks.services),
            dns_domain => topology.networks.dns_domain.as_str(),
            etcd_endpoints => etcd_endpoints(topology),
        },
        &topology.kubeadm.cluster_configuration,
    )?;
    fragments::arrange_arguments(&mut document, api);
    Ok(document)
}

/// Every name under which an API server may be asked for: the endpoint, the balancers in front, each control plane
/// itself, and what the user adds. Each once, in that order.
fn certificate_names(topology: &Topology) -> Vec<String> {
    let endpoint = [topology.endpoint.name.clone()].into_iter();
    let vip = topology.endpoint.vip.iter().map(ToString::to_string);
    let balancers = topology
        .with_role(Role::Balancer)
        .map(|host| host.address.to_string());
    let control_planes = topology
        .with_role(Role::ControlPlane)
        .flat_map(|host| [host.address.to_string(), host.name.to_string()]);
    let extra = topology.kubeadm.extra_sans.iter().cloned();
    let mut names = Vec::new();
    for name in endpoint
        .chain(vip)
        .chain(balancers)
        .chain(control_planes)
        .chain(extra)
    {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn etcd_endpoints(topology: &Topology) -> Vec<String> {
    match topology.etcd {
        EtcdTopology::Stacked => Vec::new(),
        EtcdTopology::External => topology
            .with_role(Role::Etcd)
            .map(|host| format!("https://{}", socket(host.address, ETCD_CLIENT_PORT)))
            .collect(),
    }
}

fn list(networks: &[ipnet::IpNet]) -> String {
    networks
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(",")
}
