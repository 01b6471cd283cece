//! Mistakes, rendered by miette, each with the lines of the inventory that it is about.

use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity, SourceCode,
};

use super::colours::Colours;
use super::document::Document;
use super::mistake::{Mistake, Mistakes, Spot};

/// Mistakes, rendered, in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) errors: Vec<String>,
    pub(super) warnings: Vec<String>,
}

pub(super) fn render(
    mistakes: Mistakes,
    name: &str,
    text: &str,
    document: &Document,
    colours: Colours,
) -> Report {
    let source = NamedSource::new(name, text.to_owned());
    let mut views: Vec<View<'_>> = mistakes
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
