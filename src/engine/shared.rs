//! What all steps of a run share: the values, the way out for events, the meter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OnceCell, Semaphore};

use super::meter::Meter;
use crate::ca::ca_hash;
use crate::error::Problem;
use crate::error::sanitize::is_invisible;
use crate::events::Event;
use crate::pki::Authority;
use crate::plan::{Relay, StepId};
use crate::remote::connection::Output;
use crate::remote::{RemoteCommand, Wire};
use crate::topology::{HostName, sandbox_among};
use crate::values::{Bundle, Slot, Values};

/// A packed archive is unpacked for each host anew, and its window is in memory as often: so many hosts at once.
pub(super) const UNPACKED_AT_ONCE: usize = 4;

pub(super) struct Shared {
    values: Mutex<Values>,
    events: UnboundedSender<Event>,
    pub(super) meter: Meter,
    pub(super) authority: tokio::sync::Mutex<Option<Arc<Authority>>>,
    /// The bundles that the run makes itself, each when it has been made.
    made: Mutex<BTreeMap<Bundle, Arc<OnceCell<()>>>>,
    /// A turn for each host that a packed archive may go to at a time.
    pub(super) unpacking: Semaphore,
    /// Steps after which it is as they say.
    done: Mutex<BTreeSet<StepId>>,
    /// From which host to which nothing can be handed over.
    shut: Mutex<BTreeSet<(HostName, HostName)>>,
    /// Whether any command was sent that changes something.
    has_begun: AtomicBool,
}

impl Shared {
    pub(super) fn new(values: Values, events: UnboundedSender<Event>) -> Self {
        Self {
            values: Mutex::new(values),
            events,
            meter: Meter::new(),
            authority: tokio::sync::Mutex::default(),
            made: Mutex::default(),
            unpacking: Semaphore::new(UNPACKED_AT_ONCE),
            done: Mutex::default(),
            shut: Mutex::default(),
            has_begun: AtomicBool::new(false),
        }
    }

    /// A command is sent that changes something.
    pub(super) fn begins(&self) {
        self.has_begun.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Relaxed)
    }

    /// Every event goes out here, and without secrets: a host can say one wherever it says anything. Nobody may be listening
    /// any more; the run goes on all the same.
    pub(super) fn emit(&self, mut event: Event) {
        event.texts().into_iter().for_each(|text| self.redact(text));
        let _ = self.events.send(event);
    }

    pub(super) fn wire(&self, command: &RemoteCommand) -> Result<Wire, Slot> {
        self.with_values(|values| command.wire(values))
    }

    /// Takes this run's secrets out of a text, and out of what a reader would see of it: one with colours in its middle is none
    /// to who searches.
    pub(super) fn redact(&self, text: &mut String) {
        let plain: String = console::strip_ansi_codes(text)
            .chars()
            .filter(|c| *c == '\n' || !is_invisible(*c))
            .collect();
        let (redacted, of_plain) = self.with_values(|values| (values.redact(text), values.redact(&plain)));
        *text = if of_plain == plain { redacted } else { of_plain };
    }

    /// A problem without secrets.
    pub(super) fn redacted(&self, mut problem: Problem) -> Problem {
        problem.texts().into_iter().for_each(|text| self.redact(text));
        problem
    }

    /// Gives a slot the value that an output tells.
    pub(super) fn capture(&self, slot: Slot, output: &Output) -> Result<(), String> {
        match slot {
            Slot::CaHash => {
                let hash = ca_hash(&String::from_utf8_lossy(&output.stdout))?;
                self.with_values(|values| values.set(slot, hash));
                Ok(())
            }
            Slot::SandboxImage => {
                let said = String::from_utf8_lossy(&output.stdout);
                let image = sandbox_among(said.lines()).ok_or("kubeadm names no pause image")?;
                self.with_values(|values| match values.get(slot) {
                    Some(other) if other != image => Err(format!(
                        "its kubeadm names {image}, and another host's {other}: set `sandbox_image` in [preparation]"
                    )),
                    _ => {
                        values.set(slot, image.to_owned());
                        Ok(())
                    }
                })
            }
            Slot::Files(bundle) => self.with_values(|values| values.set_files(bundle, &output.stdout)),
            Slot::BootstrapToken
            | Slot::BootstrapTokenId
            | Slot::CertificateKey
            | Slot::Sums(_)
            | Slot::Pass => Err(format!("{} is told by no host", slot.mask())),
        }
    }

    /// Whether a bundle has been made; who needs it at the same time waits for the one that makes it.
    pub(super) fn bundle_made(&self, bundle: Bundle) -> Arc<OnceCell<()>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(made.entry(bundle).or_default())
    }

    /// What a step says is so.
    pub(super) fn did(&self, step: &StepId) {
        self.done
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(step.clone());
    }

    /// Whether a host has what it gives: it had it before, or its step has brought it.
    pub(super) fn can_give(&self, relay: &Relay) -> bool {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        relay.after.as_ref().is_none_or(|step| done.contains(step))
    }

    /// Whether it was seen that a host cannot hand another anything.
    pub(super) fn is_shut(&self, way: &(HostName, HostName)) -> bool {
        self.shut
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(way)
    }

    /// A host cannot hand another anything.
    pub(super) fn shut(&self, way: (HostName, HostName)) {
        self.shut
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(way);
    }

    pub(super) fn with_values<T>(&self, act: impl FnOnce(&mut Values) -> T) -> T {
        act(&mut self.values.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
