//! What is planned for which hosts: scenarios as a person reads them, and a small model of a cluster on which plans are
//! done, cut short and made again.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy.toml allows them in test functions; these are what those call"
)]

#[path = "../archives/docker.rs"]
mod archives;
mod balancers;
mod builds;
mod built;
mod compact;
mod cut_joins;
mod doing;
mod doubt;
mod etcd;
mod external;
mod growing;
mod handover;
mod hosts;
mod images;
mod inventory;
mod joining_from_outside;
mod kubeadm;
mod listing;
mod lost_data;
mod mends;
mod observing;
mod preparation;
mod refusals;
mod rendering;
mod simulation;
mod stacked_growth;
mod verification;
mod versions;
mod world;
