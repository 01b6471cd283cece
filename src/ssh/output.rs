//! What a command says: kept up to a limit, and told line by line as it comes.

use tokio::sync::mpsc::UnboundedSender;
use zeroize::Zeroizing;

use crate::error::sanitize::decode;
use crate::remote::connection::{OUTPUT_LIMIT, Progress};

/// A longer line is told in pieces.
const LINE_LIMIT: usize = 64 << 10;

/// One of a command's two output streams.
#[derive(Default)]
pub(super) struct Stream {
    kept: Zeroizing<Vec<u8>>,
    size: usize,
    line: Vec<u8>,
    progress: Option<UnboundedSender<Progress>>,
}

impl Stream {
    /// Tells the lines from now on, and those that there are.
    pub(super) fn tell(&mut self, progress: Option<UnboundedSender<Progress>>) {
        self.progress = progress;
        let kept = std::mem::take(&mut self.kept);
        self.tell_lines(&kept);
        self.kept = kept;
    }

    pub(super) fn take(&mut self, data: &[u8]) {
        self.size += data.len();
        let room = OUTPUT_LIMIT - self.kept.len();
        self.make_room(data.len().min(room));
        self.kept.extend(data.iter().take(room));
        self.tell_lines(data);
    }

    /// A vector that grows by itself would leave copies of a secret behind.
    fn make_room(&mut self, more: usize) {
        let needed = self.kept.len() + more;
        if needed > self.kept.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(2 * self.kept.capacity())));
            larger.extend_from_slice(&self.kept);
            self.kept = larger;
        }
    }

    fn tell_lines(&mut self, data: &[u8]) {
        if self.progress.is_none() {
            return;
        }
        for piece in data.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.line.len() > LINE_LIMIT {
                self.tell_line();
            }
        }
    }

    fn tell_line(&mut self) {
        let text = decode(&self.line).trim_end().to_owned();
        self.line.clear();
        if let Some(progress) = &self.progress {
            // Nobody has to listen to the end.
            let _ = progress.send(Progress::Line(text));
        }
    }

    /// What was kept.
    pub(super) fn end(&mut self) -> Zeroizing<Vec<u8>> {
        if !self.line.is_empty() {
            self.tell_line();
        }
        if self.size > self.kept.len() {
            self.line = format!("({} bytes of {} were kept)", self.kept.len(), self.size).into_bytes();
            self.tell_line();
        }
        std::mem::take(&mut self.kept)
    }
}
