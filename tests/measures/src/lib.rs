//! Measures of hawser's source: sizes, signatures, circles of files, the files of a journey, retired words.
//!
//! Source is parsed, so that a formatter or a comment changes no measure but those of lines.
#![expect(
    clippy::panic,
    reason = "source that cannot be read ends a test, and nothing else"
)]

pub mod circles;
pub mod functions;
pub mod journey;
pub mod lines;
mod scopes;
pub mod source;
pub mod words;
