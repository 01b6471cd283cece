//! Commands of no meaning, for the tests of what carries commands.

use super::{Effect, RemoteCommand};
use crate::values::Content;

/// A command of no meaning, for the tests of what carries commands.
pub(crate) fn any(purpose: &'static str, effect: Effect, input: impl Into<Content>) -> RemoteCommand {
    RemoteCommand::new(purpose, effect, "true").input(input)
}

/// A command that does something, for the same tests.
pub(crate) fn any_script<const N: usize>(
    effect: Effect,
    script: &'static str,
    arguments: [&str; N],
) -> RemoteCommand {
    RemoteCommand::new("do it", effect, script).args(arguments)
}

/// The same, which prints a secret.
pub(crate) fn any_secret(purpose: &'static str) -> RemoteCommand {
    any(purpose, Effect::Reads, "").printing_secrets()
}
