//! Images in containerd: brought over SSH, or from host to host, and whether they are there.

use std::net::IpAddr;
use std::time::Duration;

use crate::archive::Image;
use crate::remote::wire::RemoteCommand;
use crate::topology::{HostName, Version};
use crate::values::{Content, Slot};

/// Whether the runtime at `cri_socket` has an image under all of its names, and by the id that it keeps for them, which
/// is the digest of the image's configuration. Others name images as they like, so the manifest itself is read.
pub(in crate::remote) fn has_image(cri_socket: &str, image: &Image) -> RemoteCommand {
    RemoteCommand::reads(
        "check for the image",
        script!("has_image.sh", [image_listing content_store image_id], (cri_socket id; names)),
    )
    .args([cri_socket, &image.id])
    .args(&image.names)
}

/// Imports an image as it arrives; no file of it is written but containerd's own. Names that the host knew already are
/// noticed anew. Says [`READY`] where the image is not there, and [`THERE`] when it is, before or after.
pub(crate) fn import_image(cri_socket: &str, image: &Image) -> RemoteCommand {
    RemoteCommand::changes(
        "import the image",
        script!("import_image.sh", [image_listing content_store image_id], (cri_socket id; names)),
    )
    .args([cri_socket, &image.id])
    .args(&image.names)
    .image(&image.single)
}

/// Where a host takes an image from another, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::remote) struct ImageEndpoint {
    /// Its own address, as other hosts use it.
    pub address: IpAddr,
    /// A TCP port on which nothing else listens.
    pub port: u16,
    /// The giver's address, from which it has to come.
    pub from: IpAddr,
    /// How long it may bring something.
    pub limit: Duration,
}

/// What a host says that has not got the image yet, and takes it now: another may come, or what is sent is imported.
pub const READY: &str = "waiting";

/// What a host says that has seen the image as it should be: before it takes anything, or after.
pub const THERE: &str = "there";

/// How many bytes a host says that it has been given so far; none where the line says something else.
pub fn taken(line: &str) -> Option<u64> {
    line.strip_prefix("taken ")?.parse().ok()
}

/// Whether a line is for this program alone, and nothing that a person should read.
pub fn is_signal(line: &str) -> bool {
    line == READY || line == THERE || taken(line).is_some()
}

/// How a host's script ends that was given something else than the image, or more than it.
pub const MISMATCH: u32 = 3;

/// Waits at a door for another host, which must know the pass of this one transfer, and imports what it brings; what is
/// not the image is taken away again. Says [`READY`] when it may come, and [`THERE`] where [`has_image`] would say yes:
/// at once, and then nobody comes, or after it.
pub(in crate::remote) fn receive_image(
    cri_socket: &str,
    image_endpoint: ImageEndpoint,
    source_host: &HostName,
    image: &Image,
) -> RemoteCommand {
    RemoteCommand::changes(
        "receive the image from another host",
        script!(
            "receive_image.sh",
            [image_listing content_store image_id pass],
            (cri_socket address port from limit source_host id; names)
        ),
    )
    .args(at(cri_socket, image_endpoint))
    .args([&source_host.0, &image.id])
    .args(&image.names)
    .input(Content::from(Slot::Pass))
}

/// Brings an image to another host's door.
pub(in crate::remote) fn pass_on_image(
    cri_socket: &str,
    image_endpoint: ImageEndpoint,
    image: &Image,
) -> RemoteCommand {
    RemoteCommand::reads(
        "send the image to another host",
        script!(
            "pass_on_image.sh",
            [image_listing content_store pass],
            (cri_socket address port from limit; names)
        ),
    )
    .args(at(cri_socket, image_endpoint))
    .args(&image.names)
    .input(Content::from(Slot::Pass))
}

fn at(cri_socket: &str, image_endpoint: ImageEndpoint) -> [String; 5] {
    [
        cri_socket.to_owned(),
        image_endpoint.address.to_string(),
        image_endpoint.port.to_string(),
        image_endpoint.from.to_string(),
        image_endpoint.limit.as_secs().to_string(),
    ]
}

/// The images that kubeadm names for a configuration, one a line, which is read from standard input.
pub fn kubeadm_images(configuration: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "ask kubeadm for its images",
        "timeout 20 kubeadm config images list --config /dev/stdin",
    )
    .input(configuration)
}

/// The images that kubeadm names for a cluster of a version, one a line.
pub(in crate::remote) fn kubeadm_images_of(version: Version, repository: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "ask kubeadm for its images",
        script!("kubeadm_images_of.sh", [], (version repository)),
    )
    .args([version.to_string(), repository.to_owned()])
}

/// Pulls images into the container runtime.
pub(in crate::remote) fn pull_images(cri_socket: &str, images: &[String]) -> RemoteCommand {
    RemoteCommand::changes("pull images", script!("pull_images.sh", [], (socket; images)))
        .arg(cri_socket)
        .args(images)
}
