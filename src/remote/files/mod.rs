//! Every file that a host receives, rendered from the topology: pure functions, one module a program.
//!
//! What is secret or not yet known stands in a file as a [`Slot`](crate::values::Slot), so that any of them can be
//! shown.

use std::net::{IpAddr, SocketAddr};

use serde::{Serialize, Serializer};

use crate::values::Content;

mod api_server;
pub mod etcd;
mod every;
mod haproxy;
mod hosts_block;
mod keepalived;
mod kubeadm;
mod merge;
mod owned;
pub mod preparation;
mod registries;
mod template;
mod yaml;

pub use api_server::{API_SERVER, etcd_servers, etcd_servers_flag, with_etcd_servers};
pub use every::{every_file, user_files};
pub use haproxy::{HAPROXY, haproxy, haproxy_description};
pub use hosts_block::{Block, block, hosts_block};
pub use keepalived::{KEEPALIVED, keepalived};
pub use kubeadm::{
    ApiVersion, TOKEN_LIFE, cluster_configuration, completed, differences, etcd_endpoints, init, init_flags,
    join_control_plane, join_worker, patch_flags, patches, shared_certificates, socket_to_name, upload_certs,
    wanted_etcd_endpoints, with_etcd_endpoints,
};
pub use owned::{Owner, kept_as, owner_of, take_over_key, template_of, without_mark};

/// What is shown in the place of a secret file.
pub const NOT_SHOWN: &str = "(secret: not shown)\n";

/// A file as a host receives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RenderedFile {
    pub path: String,
    /// `user:group`.
    pub owner: String,
    #[serde(serialize_with = "octal")]
    pub mode: u32,
    pub content: Content,
    /// Not to be shown, not even with its slots masked.
    pub secret: bool,
}

impl RenderedFile {
    fn of_root(path: &str, mode: u32, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            owner: "root:root".to_owned(),
            mode,
            content: Content::parse(text),
            secret: false,
        }
    }
}

/// `address:port`, with brackets around an IPv6 address.
fn socket(address: IpAddr, port: u16) -> String {
    SocketAddr::new(address, port).to_string()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn octal<S: Serializer>(mode: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{mode:04o}"))
}
