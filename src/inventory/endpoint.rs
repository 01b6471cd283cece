//! `[endpoint]`: where clients reach the API, and whether the balancers can keep it there.

use std::net::IpAddr;

use super::formats;
use super::hosts::HostDraft;
use super::mistake::{Mistake, Mistakes, Wrong};
use super::names;
use super::networks;
use super::place::Place;
use super::roles::{self, Ports};
use super::written;
use crate::topology::{API_PORT, Endpoint, Networks, Role};

/// `[endpoint]`, as far as it is right.
pub(super) struct Found {
    /// `None` only where a mistake was found.
    pub(super) proved: Option<Endpoint>,
    port: u16,
}

impl Found {
    /// The ports that roles may quarrel about.
    pub(super) fn ports(&self, api: u16) -> Ports {
        Ports {
            endpoint: self.port,
            api,
        }
    }
}

pub(super) fn resolve(
    written: Option<&written::Endpoint>,
    hosts: &[HostDraft],
    networks: &Networks,
    mistakes: &mut Mistakes,
) -> Found {
    let none = written::Endpoint::default();
    let endpoint = written.unwrap_or(&none);
    let place = Place::root().key("endpoint");
    let port = endpoint.port.unwrap_or(API_PORT);
    let balancers: Vec<&HostDraft> = hosts.iter().filter(|host| host.is(Role::Balancer)).collect();
    let vip = endpoint.vip.as_deref().map(|vip| names::address("`vip`", vip));
    let vip = vip.and_then(|vip| mistakes.check(&place.key("vip"), vip));
    let name = endpoint
        .name
        .as_deref()
        .and_then(|name| mistakes.check(&place.key("name"), checked_name(name)));
    if let Some(vip) = vip {
        check_vip(vip, hosts, networks, mistakes);
    }
    if roles::are_reported(mistakes) && mistakes.is_sound(&place.key("vip")) {
        check_balancers(endpoint, &balancers, mistakes);
    }
    if let Some(address) = name.as_ref().and_then(|name| name.parse::<IpAddr>().ok()) {
        check_bare_address(address, vip, endpoint, &balancers, mistakes);
    }
    let interface = endpoint.interface.as_deref().map(formats::interface);
    let interface = interface.map(|interface| mistakes.check(&place.key("interface"), interface));
    let proved = name.map(|name| Endpoint {
        name,
        port,
        vip,
        virtual_router_id: endpoint.virtual_router_id.unwrap_or(51),
        interface: interface.flatten(),
        hosts_file: endpoint.hosts_file,
    });
    Found { proved, port }
}

fn checked_name(text: &str) -> Result<String, Wrong> {
    let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = bare.split(['/', ':']).next().unwrap_or_default();
    if text.parse::<IpAddr>().is_err() && host != text && names::dns_name("", host).is_ok() {
        return Err(Wrong::new(
            format!("the endpoint's name is more than a name: `{text}`"),
            "has a scheme, a port or a path",
            format!("write `{host}`; the port has its own key, `port`"),
        ));
    }
    names::dns_name_or_address("the endpoint's name", text)
}

fn check_vip(vip: IpAddr, hosts: &[HostDraft], networks: &Networks, mistakes: &mut Mistakes) {
    let place = Place::root().key("endpoint").key("vip");
    for host in hosts.iter().filter(|host| host.address == Some(vip)) {
        let help =
            "choose an address of the balancers' subnet that no host has: keepalived moves it between them";
        let wrong = Wrong::new(
            format!("the VIP is the address of {}: {vip}", host.title()),
            "this address",
            help,
        );
        mistakes.push(Mistake::error(&place, wrong).and(&host.address_place, "is this host's own"));
    }
    if let Some(network) = networks::holding(networks, vip) {
        let wrong = Wrong::new(
            format!("the VIP is in the cluster's network of {network}"),
            "this address",
            "choose an address of the balancers' subnet, or another network",
        );
        mistakes.push(Mistake::error(&place, wrong));
    }
    let foreign_host = hosts.iter().filter(|host| host.is(Role::Balancer)).find(|host| {
        host.address
            .is_some_and(|address| address.is_ipv4() != vip.is_ipv4())
    });
    if let Some(host) = foreign_host {
        let help = "give the VIP and the balancers addresses of one IP family: VRRP carries one";
        let wrong = Wrong::new(
            "the VIP and a balancer are of different IP families",
            "the VIP",
            help,
        );
        mistakes.push(Mistake::error(&place, wrong).and(&host.address_place, "the balancer"));
    }
}

fn check_balancers(endpoint: &written::Endpoint, balancers: &[&HostDraft], mistakes: &mut Mistakes) {
    let place = Place::root().key("endpoint");
    match (&endpoint.vip, balancers) {
        (Some(_), []) => {
            let help =
                "give hosts the role \"balancer\", or remove `vip` if hawser does not manage the balancer";
            let wrong = Wrong::new(
                "a VIP, and no host with the role balancer to hold it",
                "no host can hold it",
                help,
            );
            mistakes.push(Mistake::error(&place.key("vip"), wrong));
        }
        (None, [first, second, ..]) => {
            let help = "add `vip` with a free address of their subnet: keepalived gives it to a healthy one";
            let message = format!(
                "{} balancers, and no VIP that moves between them",
                balancers.len()
            );
            let mistake = Mistake::error(&place, Wrong::new(message, "needs `vip`", help));
            mistakes.push(
                mistake
                    .and(&first.place.key("roles"), "one")
                    .and(&second.place.key("roles"), "another"),
            );
        }
        _ => {}
    }
    mistakes.refuse(
        endpoint.hosts_file && balancers.is_empty(),
        &place.key("hosts_file"),
        || {
            Wrong::new(
                "`hosts_file` without a balancer of hawser's",
                "no address to write into /etc/hosts",
                "remove it and add the endpoint's name to DNS, or give hosts the role \"balancer\"",
            )
        },
    );
}

fn check_bare_address(
    address: IpAddr,
    vip: Option<IpAddr>,
    endpoint: &written::Endpoint,
    balancers: &[&HostDraft],
    mistakes: &mut Mistakes,
) {
    let place = Place::root().key("endpoint");
    let wrong = Wrong::new(
        format!("the endpoint is a bare IP address: {address}"),
        "certificates and kubeconfigs are bound to it",
        "use a DNS name (with `hosts_file = true` if there is no DNS): \
         changing the address later means new certificates and kubeconfigs on every host",
    );
    mistakes.push(Mistake::warning(&place.key("name"), wrong));
    let owned = match (vip, balancers) {
        (None, [only]) => only.address,
        (vip, _) => vip,
    };
    if let Some(owned) = owned.filter(|owned| *owned != address) {
        let help = format!("write `{owned}`, or a DNS name that resolves to it");
        let wrong = Wrong::new(
            format!("the balancers answer at {owned}, not at {address}"),
            "not theirs",
            help,
        );
        mistakes.push(Mistake::error(&place.key("name"), wrong));
    }
    mistakes.refuse(endpoint.hosts_file, &place.key("hosts_file"), || {
        Wrong::new(
            "`hosts_file` with an endpoint that has no name",
            "nothing to write into /etc/hosts",
            "remove it, or give the endpoint a DNS name",
        )
    });
}
