//! Whether diagnostics have colours.

/// Whether diagnostics are rendered in colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// For a terminal.
    Shown,
    /// For a file, a pipe, or where `NO_COLOR` is set.
    Plain,
}

impl From<bool> for Colours {
    /// As `console::colors_enabled` answers.
    fn from(is_enabled: bool) -> Self {
        if is_enabled {
            Colours::Shown
        } else {
            Colours::Plain
        }
    }
}
