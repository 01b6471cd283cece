//! `[images]`: archives on the workstation, whose indexes are read.

use super::mistake::{Mistakes, Wrong};
use super::place::Place;
use super::workstation::{Workstation, unreadable};
use super::written;
use crate::archive::{self, Archive};
use crate::topology::{ImageSettings, RELAY_PORT};

pub(super) fn resolve(
    written: Option<&written::Images>,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> ImageSettings {
    let none = written::Images::default();
    let images = written.unwrap_or(&none);
    let place = Place::root().key("images").key("archives");
    let archives = images.archives.placed(&place);
    let archives = archives.filter_map(|(place, path)| mistakes.check(&place, open(path, workstation)));
    ImageSettings {
        archives: archives.collect(),
        relay: images.relay,
        relay_port: images.relay_port.unwrap_or(RELAY_PORT),
    }
}

fn open(written: &str, workstation: &Workstation) -> Result<Archive, Wrong> {
    let path = workstation.path(written);
    std::fs::File::open(&path).map_err(|error| unreadable(&path, &error))?;
    archive::open(&path).map_err(|cause| {
        Wrong::new(
            format!("no archive of images: {}", path.display()),
            cause,
            "`docker save -o FILE NAME…` and `ctr images export FILE NAME…` write one; `hawser images list` prints the names",
        )
    })
}
