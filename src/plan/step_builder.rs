//! How a step is written down: what it is called, what it does, how it is seen to be done. Each part is asked for once,
//! so that no step lacks one, and none has a part of another kind.

use std::borrow::Cow;
use std::time::Duration;

use super::step::{Action, Change, Check, FileChange, Source, Step, StepId, Transfer};
use crate::pki::Order;
use crate::remote::wire::RemoteCommand;
use crate::topology::HostName;
use crate::values::Slot;

impl Step {
    /// Names a step: `what` is its name among the host's steps.
    pub fn on(host: &HostName, what: &str, title: impl Into<Cow<'static, str>>) -> StepBuilder {
        StepBuilder {
            id: StepId(format!("{host}/{what}")),
            host: host.clone(),
            title: title.into(),
        }
    }
}

/// A step that has no action yet.
#[must_use]
pub struct StepBuilder {
    id: StepId,
    host: HostName,
    title: Cow<'static, str>,
}

impl StepBuilder {
    /// It waits for this, at most for so long.
    pub fn wait(self, question: RemoteCommand, deadline: Duration) -> Step {
        let until = Check {
            command: question,
            deadline,
        };
        self.does(Action::Wait { until })
    }

    /// It waits for this, at most for so long, and the answer gives a value.
    pub fn read(self, question: RemoteCommand, deadline: Duration, gives: Slot) -> Step {
        let until = Check {
            command: question,
            deadline,
        };
        self.does(Action::Read { until, gives })
    }

    /// It changes something, which may take so long.
    pub fn change(self, command: RemoteCommand, timeout: Duration) -> ChangeBuilder {
        ChangeBuilder {
            step: self,
            change: Change {
                command,
                timeout,
                files: Vec::new(),
                destroys: Vec::new(),
            },
        }
    }

    fn does(self, action: Action) -> Step {
        Step {
            id: self.id,
            host: self.host,
            title: self.title,
            action,
            diagnostics: None,
        }
    }
}

/// A step that changes something, of which it is not said yet how it is seen to be done.
#[must_use]
pub struct ChangeBuilder {
    step: StepBuilder,
    change: Change,
}

impl ChangeBuilder {
    pub fn writes(mut self, file: FileChange) -> Self {
        self.change.files.push(file);
        self
    }

    /// What goes with it, and by which evidence it may.
    pub fn destroys(mut self, what: impl IntoIterator<Item = String>) -> Self {
        self.change.destroys.extend(what);
        self
    }

    /// Its exit status tells.
    pub fn run_once(self) -> Step {
        self.step.does(Action::Run(self.change))
    }

    /// It is done when this is so; that is asked before, and waited for after.
    pub fn until(self, question: RemoteCommand, deadline: Duration) -> Step {
        self.step.does(Action::Ensure {
            change: self.change,
            until: Check {
                command: question,
                deadline,
            },
        })
    }

    /// The same, and keys and certificates are created for it first.
    pub fn issue(self, order: Order, question: RemoteCommand, deadline: Duration) -> Step {
        self.step.does(Action::Issue {
            creates: Box::new(order),
            change: self.change,
            until: Check {
                command: question,
                deadline,
            },
        })
    }

    /// It brings an image, which other hosts may have.
    pub fn transfer(self, sources: Vec<Source>, question: RemoteCommand, deadline: Duration) -> Step {
        self.step.does(Action::Transfer(Transfer {
            change: self.change,
            until: Check {
                command: question,
                deadline,
            },
            sources,
        }))
    }
}
