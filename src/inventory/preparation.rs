//! `prepare` and `[preparation]`: how bare hosts are prepared.

mod containerd;
mod deb;
mod kernel;
mod registries;
mod source;

use super::cluster::Cluster;
use super::mistake::{Mistake, Mistakes, Wrong};
use super::place::Place;
use super::workstation::Workstation;
use super::written::{self, Inventory};
use crate::topology::{KubeadmSettings, Preparation, Proxy, Swap};

/// How hosts are prepared; `None` where they come prepared.
pub(super) fn resolve(
    inventory: &Inventory,
    cluster: &Cluster,
    kubeadm: &KubeadmSettings,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> Option<Preparation> {
    let place = Place::root().key("preparation");
    let none = written::Preparation::default();
    let written = inventory.preparation.as_ref();
    if !inventory.prepare {
        if written.is_some() && mistakes.is_sound(&Place::root().key("prepare")) {
            let help = "write `prepare = true` above the tables, or remove [preparation]";
            let wrong = Wrong::new(
                "[preparation] has no effect without `prepare = true`",
                "ignored",
                help,
            );
            mistakes.push(Mistake::warning(&place, wrong));
        }
        return None;
    }
    check_runtime(kubeadm, mistakes);
    let written = written.unwrap_or(&none);
    Some(Preparation {
        source: source::resolve(written, &place, cluster.version, workstation, mistakes),
        modules: kernel::modules(written, &place, mistakes),
        sysctls: kernel::sysctls(written, &place, mistakes),
        swap: written.swap.unwrap_or(Swap::Off),
        sandbox_image: containerd::sandbox_image(written, &place, mistakes),
        mirrors: registries::mirrors(written, &place, mistakes),
        credentials: registries::credentials(written, &place, workstation, mistakes),
        containerd: containerd::fragment(written, &place, mistakes),
        proxy: proxy(written.proxy.as_ref(), &place.key("proxy"), mistakes),
    })
}

/// Of the container runtimes only containerd is prepared.
fn check_runtime(kubeadm: &KubeadmSettings, mistakes: &mut Mistakes) {
    let socket = &kubeadm.cri_socket;
    if socket.is_empty() || CONTAINERD.contains(&socket.as_str()) {
        return;
    }
    let help = "leave `cri_socket` out; or prepare the hosts yourself, with the runtime of your choice, and write `prepare = false`";
    let wrong = Wrong::new(
        format!("hawser prepares containerd, and `cri_socket` is {socket}"),
        "another runtime's socket",
        help,
    );
    mistakes.push(Mistake::error(
        &Place::root().key("kubeadm").key("cri_socket"),
        wrong,
    ));
}

/// The socket of a containerd that a package brings, by both of its paths.
const CONTAINERD: [&str; 2] = [
    "unix:///run/containerd/containerd.sock",
    "unix:///var/run/containerd/containerd.sock",
];

fn proxy(written: Option<&written::Proxy>, place: &Place, mistakes: &mut Mistakes) -> Proxy {
    let Some(proxy) = written else {
        return Proxy::default();
    };
    let mut checked = |key: &str, text: &Option<String>| {
        let url = text.as_deref().map(|text| http_url("a proxy's URL", text));
        mistakes.check(&place.key(key), url?)
    };
    let (http, https) = (checked("http", &proxy.http), checked("https", &proxy.https));
    let exceptions = proxy.exceptions.placed(&place.key("exceptions"));
    let exceptions = exceptions.filter_map(|(place, text)| {
        let is_plain = !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_graphic() && !matches!(c, ',' | '"' | '\\' | '%'));
        mistakes.refuse(!is_plain, &place, || {
            let help = "write each by itself, such as \".example.org\" or \"198.51.100.0/24\"";
            Wrong::new("not one name, domain or network", "here", help)
        });
        is_plain.then(|| text.clone())
    });
    Proxy {
        http,
        https,
        exceptions: exceptions.collect(),
    }
}

/// An http(s) URL without a password and without anything that could end a line or a quoted word in a file.
fn http_url(what: &str, text: &str) -> Result<String, Wrong> {
    let wrong = |label: &str, help: &str| Err(Wrong::new(format!("not {what}: `{text}`"), label, help));
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest else {
        return wrong(
            "neither http:// nor https://",
            "write the whole URL, such as `https://packages.example.org/`",
        );
    };
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return Err(Wrong::new(
            format!("{what} with a user or a password"),
            "every host would have it in a file",
            "let the server accept the hosts by their addresses, and write the URL without `USER:PASSWORD@`",
        ));
    }
    let is_legal =
        |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '\\' | '`' | '$' | '%' | '<' | '>');
    if authority.is_empty() || !rest.chars().all(is_legal) {
        return wrong(
            "no host's name, or a character that no URL has",
            "write it as a browser would show it",
        );
    }
    Ok(text.to_owned())
}
