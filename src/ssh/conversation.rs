//! One command on one channel, from the first byte to the last.
//!
//! A task of its own reads the channel to its end, whoever stops listening: a channel that nobody reads would stop
//! the whole connection, keepalives too.

use std::convert::Infallible;
use std::time::Duration;

use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};
use zeroize::Zeroizing;

use super::host_key::{Ended, reason};
use super::output::Stream;
use super::sending::{PIECE, send_image};
use super::session_permits::SessionPermit;
use super::sudo::{Heard, Opening, SudoPasswords, Trial};
use crate::archive::Single;
use crate::error::Problem;
use crate::remote::wire::connection::{ANSWER_LINES, Exit, Output, Progress};
use crate::topology::{HostName, Sudo};

/// A background process that holds the output open keeps a channel open after the command's end; its output is
/// waited for as long as this after the last byte.
const AFTER_EXIT: Duration = Duration::from_secs(5);

/// What is to be said and on whose behalf.
pub(super) struct Request {
    pub(super) purpose: String,
    pub(super) input: Zeroizing<Vec<u8>>,
    /// What follows the input.
    pub(super) image: Option<Single>,
    pub(super) deadline: Duration,
    pub(super) progress: Option<UnboundedSender<Progress>>,
    pub(super) prints_secrets: bool,
}

#[derive(Clone)]
pub(super) struct Place {
    pub(super) host: HostName,
    pub(super) user: String,
    pub(super) sudo: Sudo,
    pub(super) marker: String,
    pub(super) passwords: SudoPasswords,
    pub(super) ended: Ended,
}

pub(super) struct Conversation {
    place: Place,
    purpose: String,
    deadline: Duration,
    begun: Instant,
    reader: ChannelReadHalf,
    stdout: Stream,
    stderr: Stream,
    opening: Option<Opening>,
    pid: Option<u32>,
    exit: Option<Exit>,
    trial: Option<Trial>,
    progress: Option<UnboundedSender<Progress>>,
    prints_secrets: bool,
}

/// What the reading side tells the writing side.
enum Turn {
    Password(Zeroizing<Vec<u8>>),
    Input,
}

/// Runs a command whose channel is open, and answers. Afterwards it holds the channel until the host closes it, and
/// with it the session's permit: sshd counts a channel until its command is gone.
pub(super) async fn converse(
    place: Place,
    request: Request,
    (reader, writer): (ChannelReadHalf, ChannelWriteHalf<Msg>),
    answer: oneshot::Sender<Result<Output, Problem>>,
    mut permit: SessionPermit,
) {
    let (turns, turned) = unbounded_channel();
    let mut conversation = Conversation::new(place, &request, reader);
    let (deadline, archive) = (
        request.deadline,
        request.image.as_ref().map(|image| image.path().to_owned()),
    );
    let mut unread = None;
    let result = {
        let listening = timeout(deadline, conversation.listen(&turns));
        tokio::select! {
            heard = listening => heard.ok(),
            never = speak(&writer, turned, request, &mut unread) => match never {},
        }
    };
    let is_over = result.is_some();
    // What the host says of an image that ended early is no part of the cause.
    let result = match (unread, archive) {
        (Some(cause), Some(archive)) if is_over => Some(Err(Problem::LocalFile {
            path: archive.display().to_string(),
            verb: "read",
            cause,
        })),
        _ => result,
    };
    let _ = answer.send(result.unwrap_or_else(|| Err(conversation.out_of_time())));
    if is_over {
        permit.closes();
        // Frees the permit where a background process holds the output. A command that runs is left its output.
        let _ = writer.close().await;
    }
    while conversation.reader.wait().await.is_some() {}
}

/// Writes what it is told to. It never ends by itself: a writer would wait for ever for a command that has stopped
/// reading, and only the reading side knows that the command has ended.
async fn speak(
    writer: &ChannelWriteHalf<Msg>,
    mut turns: UnboundedReceiver<Turn>,
    request: Request,
    unread: &mut Option<String>,
) -> Infallible {
    while let Some(turn) = turns.recv().await {
        let reply = match turn {
            Turn::Password(line) => writer.data_bytes(line.to_vec()).await,
            Turn::Input => send_all(writer, &request, unread).await,
        };
        if reply.is_err() {
            break;
        }
    }
    std::future::pending().await
}

async fn send_all(
    writer: &ChannelWriteHalf<Msg>,
    request: &Request,
    unread: &mut Option<String>,
) -> Result<(), russh::Error> {
    for piece in request.input.chunks(PIECE) {
        writer.data_bytes(piece.to_vec()).await?;
    }
    if let Some(image) = &request.image {
        *unread = send_image(writer, image, request.progress.as_ref()).await?;
    }
    writer.eof().await
}

impl Conversation {
    fn new(place: Place, request: &Request, reader: ChannelReadHalf) -> Self {
        Self {
            opening: Some(Opening::new(&place.marker)),
            place,
            purpose: request.purpose.clone(),
            deadline: request.deadline,
            begun: Instant::now(),
            reader,
            stdout: Stream::default(),
            stderr: Stream::default(),
            pid: None,
            exit: None,
            trial: None,
            progress: request.progress.clone(),
            prints_secrets: request.prints_secrets,
        }
    }

    async fn listen(&mut self, turns: &UnboundedSender<Turn>) -> Result<Output, Problem> {
        let mut has_ended_output = false;
        while let Some(message) = self.next().await {
            match message {
                ChannelMsg::Data { data } => self.stdout.take(&data),
                ChannelMsg::ExtendedData { data, ext: 1 } => self.hear(&data, turns).await?,
                ChannelMsg::ExitStatus { exit_status } => self.exit = Some(Exit::Code(exit_status)),
                ChannelMsg::ExitSignal { signal_name, .. } => {
                    self.exit = Some(Exit::Signal(name(signal_name)));
                }
                ChannelMsg::Eof => has_ended_output = true,
                ChannelMsg::Failure => return Err(self.never_began("sshd refused to run it")),
                _ => {}
            }
            if has_ended_output && self.exit.is_some() {
                break;
            }
        }
        self.finish()
    }

    async fn next(&mut self) -> Option<ChannelMsg> {
        if self.exit.is_some() {
            timeout(AFTER_EXIT, self.reader.wait()).await.ok().flatten()
        } else {
            self.reader.wait().await
        }
    }

    async fn hear(&mut self, data: &[u8], turns: &UnboundedSender<Turn>) -> Result<(), Problem> {
        let Some(opening) = &mut self.opening else {
            self.stderr.take(data);
            return Ok(());
        };
        match opening.hear(data) {
            Heard::Nothing => {}
            Heard::Question => {
                let trial = self
                    .place
                    .passwords
                    .trial(&self.place.host, &self.place.user)
                    .await;
                let trial = trial.map_err(|cause| self.no_root(&cause))?;
                let _ = turns.send(Turn::Password(trial.line()));
                self.trial = Some(trial);
            }
            Heard::Refusal => {
                if let Some(trial) = self.trial.take() {
                    trial.was_refused().await;
                }
                return Err(self.no_root("sudo refused the password"));
            }
            Heard::Started(pid, rest) => {
                self.opening = None;
                self.pid = Some(pid);
                if let Some(trial) = self.trial.take() {
                    trial.was_taken();
                }
                let _ = turns.send(Turn::Input);
                if let Some(progress) = &self.progress {
                    let _ = progress.send(Progress::Started(pid));
                }
                // Standard output may have come first; its lines are told only now.
                if !self.prints_secrets {
                    self.stdout.tell(self.progress.clone());
                }
                self.stderr.tell(self.progress.clone());
                self.stderr.take(&rest);
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Output, Problem> {
        let Some(exit) = self.exit.clone() else {
            return Err(Problem::ConnectionLost {
                host: self.place.host.clone(),
                purpose: self.purpose.clone(),
                cause: reason(&self.place.ended),
            });
        };
        match &self.opening {
            None => Ok(self.output(exit)),
            Some(opening) if self.place.sudo != Sudo::None => Err(self.no_root(&opening.words())),
            Some(_) => Err(self.never_began(&match exit {
                Exit::Code(code) => format!("exit {code} before it began"),
                Exit::Signal(signal) => format!("killed by {signal} before it began"),
            })),
        }
    }

    fn output(&mut self, exit: Exit) -> Output {
        Output {
            exit,
            stdout: self.stdout.end(),
            stderr: self.stderr.end(),
            is_secret: self.prints_secrets,
        }
    }

    fn no_root(&self, cause: &str) -> Problem {
        Problem::Sudo {
            host: self.place.host.clone(),
            user: self.place.user.clone(),
            cause: self.place.passwords.redact(cause),
        }
    }

    fn never_began(&mut self, how: &str) -> Problem {
        self.step_problem(how.to_owned(), None)
    }

    /// The command is not ended: what changes a host is never broken off halfway.
    fn out_of_time(&mut self) -> Problem {
        let seconds = self.deadline.as_secs();
        match self.pid {
            Some(pid) => self.step_problem(
                format!("not finished after {seconds} s; process {pid} still runs there"),
                Some(format!("on {} look at it with `ps -f -g {pid}`", self.place.host)),
            ),
            None => self.step_problem(format!("not begun after {seconds} s"), None),
        }
    }

    fn step_problem(&mut self, how: String, hint: Option<String>) -> Problem {
        let opening = self.opening.take().map(|opening| opening.words());
        let mut answer = self.output(Exit::Code(0)).last_lines(ANSWER_LINES);
        answer.extend(opening.filter(|words| !words.is_empty()));
        for line in &mut answer {
            *line = self.place.passwords.redact(line);
        }
        Problem::Step {
            host: self.place.host.clone(),
            what: self.purpose.clone(),
            how,
            took: self.begun.elapsed(),
            answer,
            hint,
        }
    }
}

fn name(signal: Sig) -> String {
    match signal {
        Sig::Custom(name) => name,
        known => format!("{known:?}"),
    }
}
