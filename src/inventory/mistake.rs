//! Mistakes: what is wrong, where it stands, and what to write instead; rendered by miette.

use std::fmt;
use std::ops::Range;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity, SourceCode,
};

use super::Colours;
use super::document::Document;
use super::place::Place;

/// A value that is not what it should be, found by who parsed it and knew no place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// What is wrong, as a sentence without a full stop.
    pub(super) message: String,
    /// What stands under the excerpt's caret.
    pub(super) label: String,
    /// The remedy.
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

/// Where a label points.
#[derive(Debug, Clone, PartialEq)]
enum Spot {
    Key(Place),
    Value(Place),
    Bytes(Range<usize>),
}

/// One thing wrong (or, as a warning, unwise) with the inventory.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mistake {
    severity: Severity,
    message: String,
    labels: Vec<(Spot, String)>,
    help: String,
}

impl Mistake {
    /// A mistake in the value at `place`.
    pub(super) fn error(place: &Place, wrong: Wrong) -> Self {
        Self::at(Spot::Value(place.clone()), wrong)
    }

    /// A mistake in the key at `place`, whatever its value.
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

/// Every mistake found so far.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    found: Vec<Mistake>,
    /// Places whose value is missing or was left out, so that nothing may be concluded from their absence.
    broken: Vec<Place>,
}

/// Mistakes, rendered, in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) errors: Vec<String>,
    pub(super) warnings: Vec<String>,
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

    /// The places that are not to be relied on.
    pub(super) fn broken(&self) -> &[Place] {
        &self.broken
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Renders all of them.
    pub(super) fn report(self, name: &str, text: &str, document: &Document, colours: Colours) -> Report {
        let source = NamedSource::new(name, text.to_owned());
        let mut views: Vec<View<'_>> = self
            .found
            .into_iter()
            .map(|mistake| View::new(mistake, document, &source))
            .collect();
        views.sort_by_key(View::position);
        let mut report = Report::default();
        for view in views {
            let rendered = view.render(colours);
            match view.severity {
                Severity::Error => report.errors.push(rendered),
                Severity::Warning | Severity::Advice => report.warnings.push(rendered),
            }
        }
        report
    }
}

/// A mistake beside its source, as miette wants it.
#[derive(Debug)]
struct View<'a> {
    severity: Severity,
    message: String,
    labels: Vec<LabeledSpan>,
    help: String,
    source: &'a NamedSource<String>,
}

impl<'a> View<'a> {
    fn new(mistake: Mistake, document: &Document, source: &'a NamedSource<String>) -> Self {
        let labels = mistake
            .labels
            .into_iter()
            .enumerate()
            .map(|(index, (spot, label))| {
                let bytes = match spot {
                    Spot::Key(place) => document.key_bytes(&place),
                    Spot::Value(place) => document.value_bytes(&place),
                    Spot::Bytes(bytes) => bytes,
                };
                match index {
                    0 => LabeledSpan::new_primary_with_span(Some(label), bytes),
                    _ => LabeledSpan::new_with_span(Some(label), bytes),
                }
            });
        Self {
            severity: mistake.severity,
            message: mistake.message,
            labels: labels.collect(),
            help: mistake.help,
            source,
        }
    }

    fn position(&self) -> usize {
        self.labels.first().map_or(0, LabeledSpan::offset)
    }

    fn render(&self, colours: Colours) -> String {
        let theme = match colours {
            Colours::Shown => GraphicalTheme::unicode(),
            Colours::Plain => GraphicalTheme::unicode_nocolor(),
        };
        let mut rendered = String::new();
        let outcome = GraphicalReportHandler::new_themed(theme)
            .with_width(WIDTH)
            .with_links(false)
            .with_break_words(false)
            .render_report(&mut rendered, self);
        match outcome {
            Ok(()) => rendered,
            Err(fmt::Error) => format!("{}: {}\n", self.message, self.help),
        }
    }
}

impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for View<'_> {}

impl Diagnostic for View<'_> {
    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        Some(Box::new(&self.help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// Columns of a rendered diagnostic; `Problem` indents it by two.
const WIDTH: usize = 100;
