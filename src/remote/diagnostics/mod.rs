//! What shows the cause of a failure.

pub(in crate::remote) mod commands;

#[cfg(test)]
mod tests;
