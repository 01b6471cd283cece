//! Images, ahead of init and the joins: the longest step, out of etcd's join window.

use std::time::Duration;

use super::QUICK;
use crate::archive::Image;
use crate::plan::{Relay, Step, StepId};
use crate::remote::host::pull_images;
use crate::remote::images::{Door, has_image, import_image, pass_on_image, receive_image};
use crate::topology::{Host, HostName};

/// For a slow registry: about 700 MB on a control plane.
const PULL: Duration = Duration::from_secs(30 * 60);

/// Importing an image of any size takes less than this on a slow disk,
const IMPORT: Duration = Duration::from_secs(10 * 60);

/// beside what a link takes that is slow, and shared by many hosts, in bytes a second.
const SLOWEST_LINK: u64 = 20_000;

/// Pulls what a host lacks, by the container runtime at `cri_socket`.
pub fn pull(host: &HostName, cri_socket: &str, missing: &[String]) -> Step {
    let describe = format!("pull {} images: {}", missing.len(), missing.join(", "));
    Step::on(host, "pull-images", describe).change(pull_images(cri_socket, missing), PULL)
}

/// Another host that has the image, or gets it before.
#[derive(Clone, Copy)]
pub struct Giver<'a> {
    /// Which.
    pub host: &'a Host,
    /// Whether it gets it in this run.
    pub gets_it: bool,
}

/// An image that a host lacks, and what it takes to bring it there.
pub struct Delivery<'a> {
    /// To whom.
    pub host: &'a Host,
    /// By which runtime.
    pub cri_socket: &'a str,
    /// What.
    pub image: &'a Image,
    /// At which port the host would take it from another.
    pub port: u16,
    /// Who can give it, the best first; the workstation, where nobody does.
    pub givers: Vec<Giver<'a>>,
}

/// Brings a host an image that it lacks: from another host, if there is one that can, else from the workstation.
pub fn push(delivery: &Delivery<'_>) -> Step {
    let Delivery {
        cri_socket, image, ..
    } = delivery;
    let size = image.single.size();
    let megabytes = size.div_ceil(1_000_000);
    let name = image.name();
    let describe = match delivery.givers.first() {
        Some(giver) => format!(
            "import {name} ({megabytes} MB), handed over by {}",
            giver.host.name
        ),
        None => format!("import {name} ({megabytes} MB)"),
    };
    Step::on(&delivery.host.name, &what(image), describe)
        .change(import_image(cri_socket, image), IMPORT + on_its_way(size))
        .done_when(has_image(cri_socket, image), QUICK)
        .looks_itself()
        .relayed(
            delivery
                .givers
                .iter()
                .map(|giver| relay(delivery, *giver))
                .collect(),
        )
}

/// How one host hands the image to another.
fn relay(delivery: &Delivery<'_>, giver: Giver<'_>) -> Relay {
    let Delivery {
        host,
        cri_socket,
        image,
        port,
        ..
    } = delivery;
    let door = Door {
        address: host.address,
        port: *port,
        from: giver.host.address,
        limit: on_its_way(image.single.size()) + IMPORT / 2,
    };
    let from = &giver.host.name;
    Relay {
        from: from.clone(),
        after: giver.gets_it.then(|| StepId(format!("{from}/{}", what(image)))),
        receive: receive_image(cri_socket, door, from, image),
        pass_on: pass_on_image(cri_socket, door, image),
    }
}

fn on_its_way(size: u64) -> Duration {
    Duration::from_secs(size / SLOWEST_LINK)
}

/// The step's name among the host's: the image's short name, and the beginning of its id.
fn what(image: &Image) -> String {
    let last = image.name().rsplit('/').next().unwrap_or_default();
    let short = last.split([':', '@']).next().unwrap_or_default();
    let id = image.id.get(7..15).unwrap_or(&image.id);
    format!("import-{short}-{id}")
}
