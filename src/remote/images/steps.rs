//! Images, ahead of init and the joins: the longest step, out of etcd's join window.

use std::time::Duration;

use super::commands::{ImageEndpoint, has_image, import_image, pass_on_image, pull_images, receive_image};
use crate::archive::Image;
use crate::plan::{Source, Step, StepId};
use crate::remote::timeouts::QUICK;
use crate::topology::{Host, HostName};

/// For a slow registry: about 700 MB on a control plane.
const PULL: Duration = Duration::from_secs(30 * 60);

/// Importing an image of any size takes less than this on a slow disk,
const IMPORT: Duration = Duration::from_secs(10 * 60);

/// beside what a link takes that is slow, and shared by many hosts, in bytes a second.
const SLOWEST_LINK: u64 = 20_000;

/// Pulls what a host lacks, by the container runtime at `cri_socket`.
pub fn pull(host: &HostName, cri_socket: &str, missing: &[String]) -> Step {
    let noun = if missing.len() == 1 { "image" } else { "images" };
    let title = format!("pull {} {noun}: {}", missing.len(), missing.join(", "));
    Step::on(host, "pull-images", title)
        .change(pull_images(cri_socket, missing), PULL)
        .run_once()
}

/// Another host that has the image, or gets it before.
#[derive(Clone, Copy)]
pub struct ImageSource<'a> {
    pub host: &'a Host,
    /// Whether it gets it in this run.
    pub gets_it: bool,
}

/// An image that a host lacks, and what it takes to bring it there.
pub struct Delivery<'a> {
    pub host: &'a Host,
    pub cri_socket: &'a str,
    pub image: &'a Image,
    /// At which port the host would take it from another.
    pub port: u16,
    /// Which hosts can send it, the best first; if none can, the workstation does.
    pub sources: Vec<ImageSource<'a>>,
}

/// Brings a host an image that it lacks: from another host, if there is one that can, else from the workstation.
pub fn push(delivery: &Delivery<'_>) -> Step {
    let Delivery {
        cri_socket, image, ..
    } = delivery;
    let size = image.single.size();
    let megabytes = size.div_ceil(1_000_000);
    let name = image.name();
    let title = match delivery.sources.first() {
        Some(source) => format!("import {name} ({megabytes} MB), sent by {}", source.host.name),
        None => format!("import {name} ({megabytes} MB)"),
    };
    Step::on(&delivery.host.name, &what(image), title)
        .change(import_image(cri_socket, image), IMPORT + on_its_way(size))
        .transfer(
            delivery
                .sources
                .iter()
                .map(|source| source_of(delivery, *source))
                .collect(),
            has_image(cri_socket, image),
            QUICK,
        )
}

/// How one host hands the image to another.
fn source_of(delivery: &Delivery<'_>, source: ImageSource<'_>) -> Source {
    let Delivery {
        host,
        cri_socket,
        image,
        port,
        ..
    } = delivery;
    let image_endpoint = ImageEndpoint {
        address: host.address,
        port: *port,
        from: source.host.address,
        limit: on_its_way(image.single.size()) + IMPORT / 2,
    };
    let from = &source.host.name;
    Source {
        host: from.clone(),
        after: source.gets_it.then(|| StepId(format!("{from}/{}", what(image)))),
        receive: receive_image(cri_socket, image_endpoint, from, image),
        send: pass_on_image(cri_socket, image_endpoint, image),
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
