//! What is planned for which hosts: scenarios as a person reads them, and a small model of a cluster on which plans are
//! done, cut short and made again.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy.toml allows them in test functions; these are what those call"
)]

mod balancers;
mod bare;
mod builds;
mod certificate_transfer;
mod compact;
mod comparing;
mod created_secrets;
mod cut_joins;
mod doing;
mod doubt;
mod etcd;
mod external;
mod external_certificates;
mod external_late;
mod foreign;
mod foreign_files;
mod growing;
mod growing_refusals;
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
mod package_folders;
mod pause_images;
mod preparation;
mod recorded;
mod refusals;
mod rendering;
mod repairs;
mod resets;
mod simulation;
mod stacked_growth;
mod unprepared;
mod verification;
mod versions;
mod world;
