//! An image on its way into a command's standard input: read from its archive beside the sending, a few pieces ahead.

use std::io::{self, Read};
use std::time::Duration;

use russh::ChannelWriteHalf;
use russh::client::Msg;
use tokio::sync::mpsc::{Sender, UnboundedSender, channel};
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use crate::archive::Single;
use crate::remote::wire::connection::Progress;

/// Pieces in which standard input is handed over: larger ones gain nothing.
pub(super) const PIECE: usize = 128 << 10;

/// Pieces that are read before they can be sent. That, and what the connection itself holds, is all that is in memory.
const AHEAD: usize = 2;

/// How often it is told how much has been sent.
const REPORTED: Duration = Duration::from_secs(1);

/// Sends an image. `Ok(Some(_))` says why the archive could not be read to the image's end.
pub(super) async fn send_image(
    writer: &ChannelWriteHalf<Msg>,
    image: &Single,
    progress: Option<&UnboundedSender<Progress>>,
) -> Result<Option<String>, russh::Error> {
    let (pieces, mut read) = channel(AHEAD);
    let image = image.clone();
    spawn_blocking(move || {
        let result = read_pieces(&image, &pieces);
        // Nobody waits for it where the command has ended.
        let _ = result.map_err(|error| pieces.blocking_send(Err(error)));
    });
    let (mut sent, mut reported) = (0, Instant::now());
    while let Some(piece) = read.recv().await {
        let piece = match piece {
            Ok(piece) => piece,
            Err(error) => return Ok(Some(error.to_string())),
        };
        sent += piece.len() as u64;
        writer.data_bytes(piece).await?;
        if let Some(progress) = progress.filter(|_| reported.elapsed() >= REPORTED) {
            reported = Instant::now();
            let _ = progress.send(Progress::Sent(sent));
        }
    }
    if let Some(progress) = progress {
        let _ = progress.send(Progress::Sent(sent));
    }
    Ok(None)
}

fn read_pieces(image: &Single, pieces: &Sender<io::Result<Vec<u8>>>) -> io::Result<()> {
    let mut reader = image.open()?;
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        reader.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
        if piece.is_empty() || pieces.blocking_send(Ok(piece)).is_err() {
            return Ok(());
        }
    }
}
