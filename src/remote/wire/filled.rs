//! A command with its values filled in.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::Effect;
use crate::archive::Single;

/// A command with its values filled in: what a session sends. Not serializable, not printable; clones share the input.
#[derive(Clone)]
pub struct Wire {
    pub(in crate::remote) purpose: String,
    pub(in crate::remote) effect: Effect,
    pub(in crate::remote) line: String,
    pub(in crate::remote) input: Arc<Zeroizing<Vec<u8>>>,
    pub(in crate::remote) image: Option<Single>,
    pub(in crate::remote) prints_secrets: bool,
}

impl Wire {
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    pub fn effect(&self) -> Effect {
        self.effect
    }

    pub fn line(&self) -> &str {
        &self.line
    }

    pub fn input(&self) -> &[u8] {
        &self.input
    }

    /// The image that follows, read from its archive piece by piece.
    pub fn image(&self) -> Option<&Single> {
        self.image.as_ref()
    }

    pub fn prints_secrets(&self) -> bool {
        self.prints_secrets
    }
}
