//! From the inventory's TOML to a [`Topology`], or to every mistake in it at once.
//!
//! The path: text → `document` (values and where each stands) → `shape` (the schema's word: unknown, missing and
//! mistyped keys) → `written` (serde structs, the one source of the schema) → `resolve` (what the keys mean
//! together) → [`Topology`]. What `shape` refuses is left out of what `resolve` sees, so that mistakes of both
//! kinds come in one report and none causes another.
//!
//! It reads the workstation's files and fetches manifests, blocking; it never speaks to a host.

mod cluster;
mod colours;
mod document;
mod endpoint;
mod etcd;
mod files;
mod formats;
mod hosts;
mod images;
mod jump;
mod keys;
mod lists;
mod load;
mod managed_paths;
mod manifests;
mod mistake;
mod names;
mod networks;
mod openpgp;
mod patches;
mod place;
mod preparation;
mod report;
mod roles;
mod schema;
mod shape;
mod ssh;
mod templates;
mod wording;
mod workstation;
mod written;

pub use colours::Colours;
pub use load::{Loaded, load, load_with_key_files, read_templates};
pub use schema::schema;
pub use workstation::KeyFiles;
