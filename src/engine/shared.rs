//! What all steps of a run share: the values, the way out for events, the meter.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::UnboundedSender;

use super::meter::Meter;
use crate::ca::ca_hash;
use crate::events::Event;
use crate::pki::Authority;
use crate::remote::connection::Output;
use crate::remote::{RemoteCommand, Wire};
use crate::values::{Slot, Values};

pub(super) struct Shared {
    values: Mutex<Values>,
    events: UnboundedSender<Event>,
    pub(super) meter: Meter,
    pub(super) authority: tokio::sync::Mutex<Option<Arc<Authority>>>,
}

impl Shared {
    pub(super) fn new(values: Values, events: UnboundedSender<Event>) -> Self {
        Self {
            values: Mutex::new(values),
            events,
            meter: Meter::new(),
            authority: tokio::sync::Mutex::default(),
        }
    }

    /// Nobody may be listening any more; the run goes on all the same.
    pub(super) fn emit(&self, event: Event) {
        let _ = self.events.send(event);
    }

    pub(super) fn wire(&self, command: &RemoteCommand) -> Result<Wire, Slot> {
        self.with_values(|values| command.wire(values))
    }

    /// A host's words without secrets, and without what would move a terminal's cursor.
    pub(super) fn tame(&self, line: &str) -> String {
        let visible = console::strip_ansi_codes(line).replace('\t', "    ");
        let printable: String = visible.chars().filter(|c| !c.is_control()).collect();
        self.with_values(|values| values.redact(printable.trim_end()))
    }

    /// The last lines of an output, tamed.
    pub(super) fn last_lines(&self, output: &Output, count: usize) -> Vec<String> {
        output
            .last_lines(count)
            .iter()
            .map(|line| self.tame(line))
            .collect()
    }

    /// The last line of an output, tamed.
    pub(super) fn last_line(&self, output: &Output) -> Option<String> {
        self.last_lines(output, 1).pop()
    }

    /// Gives a slot the value that an output tells.
    pub(super) fn capture(&self, slot: Slot, output: &Output) -> Result<(), String> {
        match slot {
            Slot::CaHash => {
                let hash = ca_hash(&String::from_utf8_lossy(&output.stdout))?;
                self.with_values(|values| values.set(slot, hash));
                Ok(())
            }
            Slot::Files(bundle) => self.with_values(|values| values.set_files(bundle, &output.stdout)),
            Slot::BootstrapToken | Slot::BootstrapTokenId | Slot::CertificateKey | Slot::Sums(_) => {
                Err(format!("{} is told by no host", slot.mask()))
            }
        }
    }

    pub(super) fn with_values<T>(&self, act: impl FnOnce(&mut Values) -> T) -> T {
        act(&mut self.values.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
