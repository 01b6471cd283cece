//! What is planned for which hosts: scenarios as a person reads them, and a small model of a cluster on which plans are
//! done, cut short and made again.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy.toml allows them in test functions; these are what those call"
)]

mod balancers;
mod builds;
mod compact;
mod comparing;
mod created_secrets;
mod cut_joins;
mod dice;
mod doing;
mod doubt;
mod etcd;
mod external;
mod foreign;
mod foreign_files;
mod growing;
mod handover;
mod hostile;
mod hosts;
mod images;
mod init;
mod inventory;
mod joining_from_outside;
mod kubeadm;
mod listing;
mod lost_data;
mod new_hosts;
mod observing;
mod others_etcd;
mod preparation;
mod recorded;
mod refusals;
mod rendering;
mod repairs;
mod resets;
mod simulation;
mod stacked_growth;
mod verification;
mod versions;
mod world;
