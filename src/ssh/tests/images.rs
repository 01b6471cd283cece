//! An image on its way through a real sshd.

use tokio::sync::mpsc::unbounded_channel;

use super::*;
use crate::archive::{self, Image, sample};

/// An image of several megabytes in an archive beside another.
fn image(folder: &Path) -> (PathBuf, Image) {
    let layer: Vec<u8> = (0..5_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    let bytes = sample::docker(&[("a:1", "amd64", b"another"), ("b:1", "amd64", &layer)]);
    let path = sample::write(folder, "images.tar", &bytes);
    let image = archive::open(&path).unwrap().images.pop().unwrap();
    (path, image)
}

fn sending(image: &Image) -> Request {
    Request {
        image: Some(image.single.clone()),
        ..request(b"first\n")
    }
}

#[tokio::test]
async fn an_image_follows_the_input_and_arrives_whole() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;
    let folder = tempfile::tempdir().unwrap();
    let (_, image) = image(folder.path());
    let (progress, mut reported) = unbounded_channel();
    let request = Request {
        progress: Some(progress),
        ..sending(&image)
    };
    let mut expected = Vec::new();
    std::io::Read::read_to_end(&mut image.single.open().unwrap(), &mut expected).unwrap();

    let output = session
        .run_line(&line("read -r first; sha256sum"), request)
        .await
        .unwrap();

    let sum = sample::digest(&expected);
    assert!(String::from_utf8_lossy(&output.stdout).starts_with(sum.trim_start_matches("sha256:")));
    let mut sent = None;
    while let Some(progress) = reported.recv().await {
        if let Progress::Sent(bytes) = progress {
            sent = Some(bytes);
        }
    }
    assert_eq!(sent, Some(image.single.size()));
}

#[tokio::test]
async fn an_archive_that_has_become_shorter_is_the_cause_and_not_what_the_host_makes_of_it() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, image) = image(folder.path());
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(1_000_000)
        .unwrap();

    let problem = session
        .run_line(&line("cat >/dev/null; exit 3"), sending(&image))
        .await
        .unwrap_err();

    assert_eq!(problem.headline(), format!("cannot read {}", path.display()));
}

#[tokio::test]
async fn a_command_that_takes_no_more_ends_all_the_same() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;
    let folder = tempfile::tempdir().unwrap();
    let (_, image) = image(folder.path());

    let output = session
        .run_line(&line("head -c 10 >/dev/null; exit 4"), sending(&image))
        .await
        .unwrap();

    assert_eq!(output.exit, Exit::Code(4));
}
