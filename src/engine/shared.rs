//! What all steps of a run share: the values, the way out for events, which steps have ended.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use crate::error::Problem;
use crate::error::sanitize::is_invisible;
use crate::events::Event;
use crate::plan::StepId;
use crate::remote::wire::{RemoteCommand, Wire};
use crate::values::{Slot, Values};

pub(super) struct Shared {
    pub(super) values: Mutex<Values>,
    events: UnboundedSender<Event>,
    /// The steps that have not ended.
    open: watch::Sender<BTreeSet<StepId>>,
    /// Steps after which it is as they say.
    done: Mutex<BTreeSet<StepId>>,
    /// Whether any command was sent that changes something.
    has_begun: AtomicBool,
}

impl Shared {
    pub(super) fn new(values: Values, events: UnboundedSender<Event>) -> Self {
        Self {
            values: Mutex::new(values),
            events,
            open: watch::Sender::default(),
            done: Mutex::default(),
            has_begun: AtomicBool::new(false),
        }
    }

    /// A command is sent that changes something.
    pub(super) fn mark_changed(&self) {
        self.has_begun.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Relaxed)
    }

    /// Every event goes out here, and without secrets: a host can say one wherever it says anything. Nobody may be
    /// listening any more; the run goes on all the same.
    pub(super) fn emit(&self, mut event: Event) {
        event.texts().into_iter().for_each(|text| self.redact(text));
        let _ = self.events.send(event);
    }

    pub(super) fn warn(&self, text: String) {
        self.emit(Event::Warning { text });
    }

    pub(super) fn wire(&self, command: &RemoteCommand) -> Result<Wire, Slot> {
        self.with_values(|values| command.wire(values))
    }

    /// Takes this run's secrets out of a text, and out of what a reader would see of it: one with colours in its middle
    /// is none to who searches.
    fn redact(&self, text: &mut String) {
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

    pub(super) fn read(&self, slot: Slot, output: &[u8]) -> Result<(), String> {
        self.with_values(|values| values.read(slot, output))
    }

    /// These are the steps that have not ended.
    pub(super) fn expect<'a>(&self, steps: impl Iterator<Item = &'a StepId>) {
        self.open.send_replace(steps.cloned().collect());
    }

    /// A step has ended, and it is as it says.
    pub(super) fn mark_done(&self, step: &StepId) {
        self.done
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(step.clone());
    }

    pub(super) fn close_step(&self, step: &StepId) {
        self.open.send_if_modified(|open| open.remove(step));
    }

    /// Whether a step has ended, and it is as it says.
    pub(super) fn is_done(&self, step: &StepId) -> bool {
        self.done
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(step)
    }

    /// Until the first of these steps is done, or all have ended. One that is not in the plan has.
    pub(super) async fn first_done<'a>(&self, steps: impl Iterator<Item = &'a StepId>) {
        for step in steps {
            let mut open = self.open.subscribe();
            // The sender lives as long as this run.
            let _ = open.wait_for(|open| !open.contains(step)).await;
            if self.is_done(step) {
                return;
            }
        }
    }

    fn with_values<T>(&self, act: impl FnOnce(&mut Values) -> T) -> T {
        act(&mut self.values.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
