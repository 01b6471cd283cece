//! Who watches a run: a person, a pipe or a program, and always the run's log.

use std::io::{IsTerminal, Stdout, stdout};

use indicatif::{MultiProgress, ProgressDrawTarget};
use tokio::sync::mpsc::UnboundedReceiver;

use super::arguments::OutputFormat;
use crate::error::Problem;
use crate::events::Event;
use crate::report::json::Json;
use crate::report::log::{RunLog, state_folder};
use crate::report::overhead::Overhead;
use crate::report::paint::Paint;
use crate::report::plain::Plain;
use crate::report::terminal::Terminal;

enum Screen {
    Terminal(Terminal<Stdout>),
    Plain(Plain<Stdout>),
    Json(Json<Stdout>),
}

/// Everything that follows a run's events.
pub(super) struct Watchers {
    screen: Screen,
    log: RunLog,
}

impl Watchers {
    /// Chooses by where standard output goes; `next` is what the operator may type after a run that went well.
    pub(super) fn new(
        output: OutputFormat,
        cluster: &str,
        run: &str,
        next: Vec<String>,
    ) -> Result<Self, Problem> {
        let screen = match output {
            OutputFormat::Json => Screen::Json(Json::new(stdout())),
            OutputFormat::Text if stdout().is_terminal() => {
                let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stdout());
                Screen::Terminal(Terminal::new(stdout(), bars, Paint::for_stdout(), next))
            }
            OutputFormat::Text => Screen::Plain(Plain::new(stdout(), next)),
        };
        Ok(Self {
            screen,
            log: RunLog::create(&state_folder()?, cluster, run)?,
        })
    }

    /// Where the run's log is.
    pub(super) fn log_path(&self) -> String {
        self.log.path().display().to_string()
    }

    /// Follows the events to the last.
    pub(super) async fn follow(mut self, mut events: UnboundedReceiver<Event>) {
        let mut overhead = Overhead::default();
        while let Some(mut event) = events.recv().await {
            overhead.observe(&mut event);
            self.log.handle(&event);
            match &mut self.screen {
                Screen::Terminal(terminal) => terminal.handle(&event),
                Screen::Plain(plain) => plain.handle(&event),
                Screen::Json(json) => json.handle(&event),
            }
        }
    }
}
