//! Mistakes: what is wrong, where it stands, and what to write instead.

use std::ops::Range;

use miette::Severity;

use super::place::Place;

/// A value that is not what it should be, found by who parsed it and knew no place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// What is wrong, as a sentence without a full stop.
    pub(super) message: String,
    /// What stands under the excerpt's caret.
    pub(super) label: String,
    pub(super) help: String,
}

impl Wrong {
    pub(super) fn new(message: impl Into<String>, label: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            label: label.into(),
            help: help.into(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Spot {
    Key(Place),
    Value(Place),
    Bytes(Range<usize>),
}

/// One thing wrong (or, as a warning, unwise) with the inventory.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mistake {
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) labels: Vec<(Spot, String)>,
    pub(super) help: String,
}

impl Mistake {
    pub(super) fn error(place: &Place, wrong: Wrong) -> Self {
        Self::at(Spot::Value(place.clone()), wrong)
    }

    pub(super) fn key(place: &Place, wrong: Wrong) -> Self {
        Self::at(Spot::Key(place.clone()), wrong)
    }

    /// A mistake in the text itself.
    pub(super) fn bytes(bytes: Range<usize>, wrong: Wrong) -> Self {
        Self::at(Spot::Bytes(bytes), wrong)
    }

    /// Allowed, and perhaps unwise.
    pub(super) fn warning(place: &Place, wrong: Wrong) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(place, wrong)
        }
    }

    /// Points at a second place.
    #[must_use]
    pub(super) fn and(mut self, place: &Place, label: impl Into<String>) -> Self {
        self.labels.push((Spot::Value(place.clone()), label.into()));
        self
    }

    fn at(spot: Spot, wrong: Wrong) -> Self {
        Self {
            severity: Severity::Error,
            message: wrong.message,
            labels: vec![(spot, wrong.label)],
            help: wrong.help,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Mistakes {
    pub(super) found: Vec<Mistake>,
    /// Places whose value is missing or was left out, so that nothing may be concluded from their absence.
    broken: Vec<Place>,
}

impl Mistakes {
    /// Adds one, once: several hosts may meet the same mistake of a table that they share.
    pub(super) fn push(&mut self, mistake: Mistake) {
        if !self.found.contains(&mistake) {
            self.found.push(mistake);
        }
    }

    /// The value, or `None` and a mistake at `place`.
    pub(super) fn check<T>(&mut self, place: &Place, result: Result<T, Wrong>) -> Option<T> {
        result
            .map_err(|wrong| self.push(Mistake::error(place, wrong)))
            .ok()
    }

    /// Adds an error where `is_wrong`.
    pub(super) fn refuse(&mut self, is_wrong: bool, place: &Place, wrong: impl FnOnce() -> Wrong) {
        if is_wrong {
            self.push(Mistake::error(place, wrong()));
        }
    }

    /// Remembers that the value at `place` is not to be relied on.
    pub(super) fn mark_broken(&mut self, place: Place) {
        self.broken.push(place);
    }

    /// Whether the value at `place`, absent or not, is what the inventory says.
    pub(super) fn is_sound(&self, place: &Place) -> bool {
        !self
            .broken
            .iter()
            .any(|broken| broken.holds(place) || place.holds(broken))
    }

    pub(super) fn broken(&self) -> &[Place] {
        &self.broken
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}
