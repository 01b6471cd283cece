//! `[networks]`: the pods' and Services' networks, and that nothing lies in two of them.

use ipnet::IpNet;

use super::hosts::HostDraft;
use super::lists::Cidrs;
use super::mistake::{Mistake, Mistakes, Wrong};
use super::names;
use super::place::Place;
use super::written;
use crate::topology::{KubeadmSettings, Networks};

pub(super) fn resolve(
    written: Option<&written::Networks>,
    hosts: &[HostDraft],
    kubeadm: &KubeadmSettings,
    mistakes: &mut Mistakes,
) -> Networks {
    let place = Place::root().key("networks");
    let pods = family_list(
        written.and_then(|networks| networks.pods.as_ref()),
        &place.key("pods"),
        PODS,
        mistakes,
    );
    let services = family_list(
        written.and_then(|networks| networks.services.as_ref()),
        &place.key("services"),
        SERVICES,
        mistakes,
    );
    let domain = written
        .and_then(|networks| networks.dns_domain.as_deref())
        .unwrap_or("cluster.local");
    let domain = mistakes.check(
        &place.key("dns_domain"),
        names::dns_name("the cluster's domain", domain),
    );
    check_services_size(&services, mistakes);
    if !kubeadm.cluster_configuration.contains_key("controllerManager") {
        check_room_for_nodes(
            &pods,
            hosts.iter().filter(|host| host.is_node()).count(),
            mistakes,
        );
    }
    check_overlap(&pods, &services, mistakes);
    check_families(&pods, &services, mistakes);
    let all: Vec<&Placed> = pods.iter().chain(&services).collect();
    check_hosts_outside(&all, hosts, mistakes);
    Networks {
        pods: pods.iter().map(|placed| placed.network).collect(),
        services: services.iter().map(|placed| placed.network).collect(),
        dns_domain: domain.unwrap_or_default(),
    }
}

/// The network that holds an address, for messages: `pods (10.244.0.0/16)`.
pub(super) fn holding(networks: &Networks, address: std::net::IpAddr) -> Option<String> {
    let find = |name: &str, list: &[IpNet]| {
        let network = list.iter().find(|network| network.contains(&address));
        network.map(|network| format!("{name} ({network})"))
    };
    find("pods", &networks.pods).or_else(|| find("services", &networks.services))
}

struct Placed {
    place: Place,
    network: IpNet,
}

impl Placed {
    fn family(&self) -> &'static str {
        match self.network {
            IpNet::V4(_) => "IPv4",
            IpNet::V6(_) => "IPv6",
        }
    }
}

fn family_list(
    written: Option<&Cidrs>,
    place: &Place,
    default: &str,
    mistakes: &mut Mistakes,
) -> Vec<Placed> {
    let default = Cidrs::One(default.to_owned());
    let is_reported = written.is_some() || mistakes.is_sound(place);
    let cidrs = written.unwrap_or(&default).placed(place);
    let parsed = cidrs
        .into_iter()
        .filter(|_| is_reported)
        .filter_map(|(place, text)| {
            let network = mistakes.check(&place, cidr(text))?;
            Some(Placed { place, network })
        });
    let networks: Vec<Placed> = parsed.collect();
    if let [first, second] = networks.as_slice()
        && first.family() == second.family()
    {
        let wrong = Wrong::new(
            format!("two networks of one family: both are {}", first.family()),
            "the second",
            "dual stack is one IPv4 and one IPv6 network; for one family write one network",
        );
        mistakes.push(Mistake::error(&second.place, wrong).and(&first.place, "the first"));
    }
    networks
}

fn cidr(text: &str) -> Result<IpNet, Wrong> {
    let Ok(network) = text.parse::<IpNet>() else {
        let example = "write an address and a prefix length, such as `10.244.0.0/16`";
        return Err(Wrong::new(format!("not a network: `{text}`"), "no CIDR", example));
    };
    if network.trunc() == network {
        return Ok(network);
    }
    Err(Wrong::new(
        format!("not the address of a network: `{text}`"),
        "has bits set after its prefix",
        format!("write `{}`", network.trunc()),
    ))
}

fn host_bits(network: IpNet) -> u8 {
    network.max_prefix_len() - network.prefix_len()
}

/// kubeadm's own bounds: `MinimumAddressesInServiceSubnet` 10, `MaximumBitsForServiceSubnet` 20.
fn check_services_size(services: &[Placed], mistakes: &mut Mistakes) {
    for Placed { place, network } in services {
        let width = network.max_prefix_len();
        mistakes.refuse(!(4..=20).contains(&host_bits(*network)), place, || {
            Wrong::new(
                format!("kubeadm refuses a network for Services of this size: {network}"),
                "too large or too small",
                format!("choose a prefix length from /{} to /{}", width - 20, width - 4),
            )
        });
    }
}

/// Each node gets a /24 (IPv4) or a /64 (IPv6) unless the controller manager is told otherwise.
fn check_room_for_nodes(pods: &[Placed], nodes: usize, mistakes: &mut Mistakes) {
    for Placed { place, network } in pods {
        let per_node = match network {
            IpNet::V4(_) => 24_u8,
            IpNet::V6(_) => 64,
        };
        let room = per_node
            .checked_sub(network.prefix_len())
            .map_or(0, |bits| 1_u128 << bits.min(100));
        mistakes.refuse(room < nodes as u128, place, || {
            Wrong::new(
                format!("{network} has room for {room} of the inventory's {nodes} nodes"),
                format!("each node gets a /{per_node} of it"),
                "choose a larger network, or set the controller manager's node CIDR mask size in \
                 [kubeadm.cluster_configuration]",
            )
        });
    }
}

fn check_overlap(pods: &[Placed], services: &[Placed], mistakes: &mut Mistakes) {
    for pods in pods {
        for services in services {
            if pods.network.contains(&services.network) || services.network.contains(&pods.network) {
                let wrong = Wrong::new(
                    format!(
                        "pods ({}) and services ({}) overlap",
                        pods.network, services.network
                    ),
                    "the Services' network",
                    "choose networks without a common address: a packet can go to one of them only",
                );
                let mistake = Mistake::error(&services.place, wrong);
                mistakes.push(mistake.and(&pods.place, "the pods' network"));
            }
        }
    }
}

fn check_families(pods: &[Placed], services: &[Placed], mistakes: &mut Mistakes) {
    let families = |list: &[Placed]| {
        let mut families: Vec<&str> = list.iter().map(Placed::family).collect();
        families.dedup();
        families
    };
    if let ([pod, ..], [service, ..]) = (pods, services) {
        let (of_pods, of_services) = (families(pods), families(services));
        if of_pods != of_services {
            let wrong = Wrong::new(
                "pods and services are of different IP families",
                format!("services: {}", of_services.join(" and ")),
                "give both the same families, in the same order",
            );
            let mistake = Mistake::error(&service.place, wrong);
            mistakes.push(mistake.and(&pod.place, format!("pods: {}", of_pods.join(" and "))));
        }
    }
}

fn check_hosts_outside(networks: &[&Placed], hosts: &[HostDraft], mistakes: &mut Mistakes) {
    for placed in networks {
        let is_inside = |host: &&HostDraft| {
            host.address
                .is_some_and(|address| placed.network.contains(&address))
        };
        let inside: Vec<&HostDraft> = hosts.iter().filter(is_inside).collect();
        let Some(first) = inside.first() else { continue };
        let which = placed.place.steps().get(1).cloned().unwrap_or_default();
        let others = match inside.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let wrong = Wrong::new(
            format!(
                "the {which} network, {}, holds the address of {}{others}",
                placed.network,
                first.title()
            ),
            "this network",
            format!("choose another network for `{which}`: pods could not reach what has an address in it"),
        );
        let mistake = Mistake::error(&placed.place, wrong);
        mistakes.push(mistake.and(&first.address_place, "lies in it"));
    }
}

/// What most pod networks' own manifests expect.
const PODS: &str = "10.244.0.0/16";
/// kubeadm's own default.
const SERVICES: &str = "10.96.0.0/12";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_written_by_its_first_address() {
        assert!(cidr("10.244.0.0/16").is_ok());
        assert_eq!(cidr("10.244.1.0/16").unwrap_err().help, "write `10.244.0.0/16`");
        assert!(cidr("10.244.0.0").is_err());
        assert!(cidr("10.244.0.0/33").is_err());
    }

    #[test]
    fn an_address_is_found_in_the_network_that_holds_it() {
        let networks = Networks {
            pods: vec!["10.244.0.0/16".parse().unwrap()],
            services: vec!["10.96.0.0/12".parse().unwrap()],
            dns_domain: "cluster.local".to_owned(),
        };
        let holding = |address: &str| holding(&networks, address.parse().unwrap());

        assert_eq!(holding("10.244.255.1").unwrap(), "pods (10.244.0.0/16)");
        assert_eq!(holding("10.111.0.1").unwrap(), "services (10.96.0.0/12)");
        assert_eq!(holding("10.112.0.1"), None);
    }

    #[test]
    fn each_node_needs_its_part_of_the_pods_network() {
        let counted = |network: &str, nodes| {
            let mut mistakes = Mistakes::default();
            let placed = Placed {
                place: Place::root(),
                network: network.parse().unwrap(),
            };
            check_room_for_nodes(&[placed], nodes, &mut mistakes);
            mistakes.is_empty()
        };

        assert!(counted("10.244.0.0/22", 4));
        assert!(!counted("10.244.0.0/22", 5));
        assert!(!counted("10.244.0.0/25", 1));
        assert!(counted("2001:db8::/32", 5000));
    }
}
