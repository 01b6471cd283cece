//! What the engine needs of a host: run one command. A real session and a test's fake host both are one.

use std::future::Future;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use zeroize::Zeroizing;

use super::Wire;
use crate::error::Problem;
use crate::error::sanitize::decode;

/// Enough for kubeadm's own account of a failure, which is about fifteen lines.
pub const ANSWER_LINES: usize = 20;

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    Code(u32),
    /// By a signal, such as `TERM`.
    Signal(String),
}

/// What a command said, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub exit: Exit,
    /// Standard output, at most [`OUTPUT_LIMIT`] bytes.
    pub stdout: Zeroizing<Vec<u8>>,
    /// Standard error, without the line that said it had begun; at most [`OUTPUT_LIMIT`] bytes.
    pub stderr: Zeroizing<Vec<u8>>,
    /// Whether standard output is [secret](Wire::prints_secrets).
    pub is_secret: bool,
}

impl Output {
    pub fn is_success(&self) -> bool {
        self.exit == Exit::Code(0)
    }

    /// The last lines that hold something: of standard output, and behind them of standard error; at most `count` in
    /// all. Of a secret output only standard error is shown.
    pub fn last_lines(&self, count: usize) -> Vec<String> {
        let shown: &[u8] = if self.is_secret { &[] } else { &self.stdout };
        let stdout = decode(shown);
        let stderr = decode(&self.stderr);
        let lines: Vec<&str> = stdout
            .lines()
            .chain(stderr.lines())
            .map(str::trim_end)
            .filter(|line| !line.is_empty())
            .collect();
        lines
            .iter()
            .skip(lines.len().saturating_sub(count))
            .map(|line| (*line).to_owned())
            .collect()
    }
}

/// More than this of a command's output is not kept: a probe of a large cluster fits well.
pub const OUTPUT_LIMIT: usize = 16 << 20;

/// What a running command tells before it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It has begun, as this process on the host.
    Started(u32),
    /// A line of its standard output or standard error.
    Line(String),
    /// So many bytes of its image have been sent; told every second or so.
    Sent(u64),
}

/// A host that runs commands, as root.
pub trait Connection: Send + Sync + 'static {
    /// Runs a command to its end, at most `deadline`. Standard output that is [secret](Wire::prints_secrets) is no
    /// progress. A status other than 0 is an `Ok` output; an `Err` says that what became of the command is unknown or
    /// that it never began.
    fn run(
        &self,
        command: &Wire,
        deadline: Duration,
        progress: Option<UnboundedSender<Progress>>,
    ) -> impl Future<Output = Result<Output, Problem>> + Send;

    /// Why nothing that changes this host may be sent any more; none where it may.
    fn lost(&self) -> Option<Problem> {
        None
    }
}
