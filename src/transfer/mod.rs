//! How an image comes to a host: from the workstation, or from another host that has it. The engine knows nothing of
//! it.

mod images;
mod relay;
mod signals;

#[cfg(test)]
mod tests;

pub use images::ImageTransport;
