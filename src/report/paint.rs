//! Colours, or none; and durations as people read them.

use std::fmt::Display;
use std::time::Duration;

use console::Style;

use crate::error::Problem;

/// Paints, where colours are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    Colours,
    /// As it is: a pipe, or `NO_COLOR`.
    Plain,
}

impl Paint {
    /// What standard output takes: colours on a terminal, unless `NO_COLOR` or `TERM=dumb` is set.
    pub fn for_stdout() -> Self {
        if console::colors_enabled() {
            Paint::Colours
        } else {
            Paint::Plain
        }
    }

    pub(super) fn good(self, text: impl Display) -> String {
        self.apply(&Style::new().green(), text)
    }

    pub(super) fn bad(self, text: impl Display) -> String {
        self.apply(&Style::new().red().bold(), text)
    }

    pub(super) fn warning(self, text: impl Display) -> String {
        self.apply(&Style::new().yellow(), text)
    }

    pub(super) fn added(self, text: impl Display) -> String {
        self.apply(&Style::new().green(), text)
    }

    pub(super) fn removed(self, text: impl Display) -> String {
        self.apply(&Style::new().red(), text)
    }

    pub(super) fn strong(self, text: impl Display) -> String {
        self.apply(&Style::new().bold(), text)
    }

    pub(super) fn faint(self, text: impl Display) -> String {
        self.apply(&Style::new().dim(), text)
    }

    /// A problem in full, its first word and its hints marked.
    pub fn problem(self, problem: &Problem) -> String {
        let mut painted = String::new();
        for line in problem.to_string().lines() {
            let line = match (line.strip_prefix("error:"), line.strip_prefix("hint:")) {
                (Some(rest), _) => format!("{}{}", self.bad("error:"), self.strong(rest)),
                (_, Some(rest)) => format!("{}{rest}", self.good("hint:")),
                (None, None) => line.to_owned(),
            };
            painted.push_str(&line);
            painted.push('\n');
        }
        painted
    }

    fn apply(self, style: &Style, text: impl Display) -> String {
        let style = style.clone().force_styling(self == Paint::Colours);
        style.apply_to(text).to_string()
    }
}

/// `4.1 s`, from two minutes on `2 min 05 s`.
pub(super) fn duration(duration: Duration) -> String {
    if duration.as_secs() < 120 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {:02} s", duration.as_secs() / 60, duration.as_secs() % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(Duration::from_millis(4_120)), "4.1 s");
        assert_eq!(duration(Duration::from_secs(125)), "2 min 05 s");
    }

    #[test]
    fn without_colours_a_text_is_itself() {
        assert_eq!(Paint::Plain.bad("x"), "x");
        assert_eq!(Paint::Colours.added("x"), "\u{1b}[32mx\u{1b}[0m");
    }
}
