//! How a problem is shown: as text for people, and as JSON.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::Problem;
use super::sanitize::{sanitize_line, sanitize_text};

impl fmt::Display for Problem {
    /// `error:`, indented details, and `hint:` lines, sanitised.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let explanation = self.explain();
        writeln!(f, "error: {}", sanitize_line(&explanation.headline))?;
        for detail in &explanation.details {
            match self {
                // The operator's own file, drawn in colours: no host has a word in it.
                Problem::Inventory { .. } => writeln!(f, "  {detail}")?,
                _ => writeln!(f, "  {}", sanitize_text(detail))?,
            }
        }
        for hint in &explanation.hint {
            writeln!(f, "hint: {}", sanitize_text(hint))?;
        }
        Ok(())
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let explanation = self.explain();
        let mut map = serializer.serialize_struct("Problem", 4)?;
        map.serialize_field("headline", &explanation.headline)?;
        map.serialize_field("details", &explanation.details)?;
        map.serialize_field("hint", &explanation.hint)?;
        map.serialize_field("exit_code", &(explanation.exit as u8))?;
        map.end()
    }
}
