//! Values that hosts give: read from what a host answered.

use super::{Slot, Values};
use crate::ca::ca_hash;
use crate::topology::sandbox_among;

impl Values {
    /// Gives a slot the value that a host's output holds. `Err` says why it holds none.
    pub fn read(&mut self, slot: Slot, output: &[u8]) -> Result<(), String> {
        let text = String::from_utf8_lossy(output);
        match slot {
            Slot::CaHash => {
                self.set(slot, ca_hash(&text)?);
                Ok(())
            }
            Slot::SandboxImage => {
                let image = sandbox_among(text.lines()).ok_or("kubeadm names no pause image")?;
                match self.get(slot) {
                    Some(other) if other != image => Err(format!(
                        "its kubeadm names {image}, and another host's {other}: set `sandbox_image` in [preparation]"
                    )),
                    _ => {
                        self.set(slot, image.to_owned());
                        Ok(())
                    }
                }
            }
            Slot::Files(bundle) => self.set_files(bundle, output),
            Slot::BootstrapToken
            | Slot::BootstrapTokenId
            | Slot::CertificateKey
            | Slot::Sums(_)
            | Slot::Pass => Err(format!("no host has reported {}", slot.mask())),
        }
    }
}
