//! Archives of images, packed and plain.

use std::io::Read;

use hawser::archive;

use crate::trying::{fuzz, seeds};

#[test]
fn an_archive_of_images_is_refused_or_sent_as_it_was_announced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("images.tar");
    let seeds = seeds("tests/fuzz/corpus/archive");
    let mut tried = 0;

    fuzz("archive", &seeds, |input| {
        std::fs::write(&path, input).unwrap();
        let opened = archive::open(&path);
        tried += 1;
        assert!(tried > seeds.len() || opened.is_ok(), "seed {tried}: {opened:?}");
        for image in opened.into_iter().flat_map(|archive| archive.images) {
            assert!(!image.names.is_empty() && !image.name().is_empty());
            let mut sent = Vec::new();
            let mut reader = image.single.open().unwrap();
            // A file that ends early is an error, and never a shorter image.
            if reader.read_to_end(&mut sent).is_ok() {
                assert_eq!(sent.len() as u64, image.single.size());
            }
        }
    });
}
