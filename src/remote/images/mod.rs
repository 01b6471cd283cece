//! Images: pulled, sent from the workstation, or from another host.

pub(in crate::remote) mod commands;
mod steps;

#[cfg(test)]
pub(crate) use commands::import_image;
pub use commands::{MISMATCH, READY, THERE, is_signal, kubeadm_images, taken};
pub use steps::*;

#[cfg(test)]
mod tests;
