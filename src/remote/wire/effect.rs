//! What a command does to its host.

use serde::Serialize;

/// Whether a command only looks, changes something, or takes something away that nobody can bring back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// May be retried at will.
    Reads,
    /// Runs once; what became of it is checked.
    Changes,
    /// The same, and something goes that was there: it is removed, replaced, reset or restarted. Its script asks again,
    /// right before, whether what the plan was made by still holds, and otherwise ends with `changed since the plan`.
    /// `docs/reference/safety.md` lists all of them, which a test holds.
    Destroys,
}

impl Effect {
    /// Whether it runs once, and changes something.
    pub fn changes(self) -> bool {
        self != Effect::Reads
    }
}
