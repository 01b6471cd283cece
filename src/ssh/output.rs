//! What a command says: kept up to a limit, and told line by line as it comes.

use tokio::sync::mpsc::UnboundedSender;
use zeroize::Zeroizing;

use crate::error::sanitize::decode;
use crate::remote::wire::connection::{OUTPUT_LIMIT, Progress};

/// A longer line is told in pieces.
const LINE_LIMIT: usize = 64 << 10;

/// More of a command's words than this are not told: nobody reads them, and a host that talks without end would fill
/// the log and keep the run from all others.
const REPORTED_LIMIT: usize = 1 << 20;

/// One of a command's two output streams.
#[derive(Default)]
pub(super) struct Stream {
    kept: Zeroizing<Vec<u8>>,
    size: usize,
    line: Vec<u8>,
    /// How many bytes of lines have been told.
    reported: usize,
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
            if self.reported > REPORTED_LIMIT {
                return;
            }
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.line.len() > LINE_LIMIT {
                self.tell_line();
            }
        }
    }

    fn tell_line(&mut self) {
        let text = decode(&self.line).trim_end().to_owned();
        let before = self.reported;
        self.reported += self.line.len();
        self.line.clear();
        if let Some(progress) = &self.progress {
            // Nobody has to listen to the end.
            let _ = progress.send(Progress::Line(text));
            if before <= REPORTED_LIMIT && self.reported > REPORTED_LIMIT {
                let text = format!("(the rest is not shown: more than {} MiB)", REPORTED_LIMIT >> 20);
                let _ = progress.send(Progress::Line(text));
            }
        }
    }

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

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    #[test]
    fn of_one_who_talks_without_end_a_part_is_told_and_that_it_is_one() {
        let (sender, mut reported) = unbounded_channel();
        let mut stream = Stream::default();
        stream.tell(Some(sender));

        for _ in 0..40 {
            stream.take("y\n".repeat(100_000).as_bytes());
        }
        drop(stream);

        let mut lines = Vec::new();
        while let Some(Progress::Line(line)) = reported.blocking_recv() {
            lines.push(line);
        }
        assert_eq!(
            lines.pop().as_deref(),
            Some("(the rest is not shown: more than 1 MiB)")
        );
        let bytes: usize = lines.iter().map(|line| line.len() + 1).sum();
        assert!((REPORTED_LIMIT..REPORTED_LIMIT + 100).contains(&bytes), "{bytes}");
    }
}
