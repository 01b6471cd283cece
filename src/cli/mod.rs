//! The commands. Each is a short function; everything that can fail comes back as a `Problem`.

mod apply;
pub mod arguments;
mod check;
mod connected_hosts;
mod deadline;
mod images;
mod join_command;
mod kubeconfig;
mod kubeconfig_file;
mod lease;
mod pace;
mod plan;
mod private_file;
mod render;
mod saved;
mod scope;
mod verification;
mod watchers;
mod workstation;

use std::io::Write;

use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches};
use tokio::sync::watch;

use crate::engine::{self, StopLevel, until_stopped};
use crate::error::{ExitCode, Problem, most_severe};
use crate::inventory::{self, KeyFiles};
use arguments::{Arguments, Command, ImagesCommand, InventoryCommand};

/// Runs the program and returns what it exits with.
pub fn run() -> u8 {
    let matches = Arguments::command().get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let names_inventory = matches
        .subcommand()
        .filter(|(name, _)| *name == "apply")
        .is_some_and(|(_, given)| given.value_source("path") == Some(ValueSource::CommandLine));
    let result = match arguments.command {
        Command::Plan(arguments) => ask(plan::run(arguments)),
        Command::Apply(arguments) => on_runtime(|stop| apply::run(arguments, names_inventory, stop)),
        Command::Check(arguments) => ask(check::run(arguments)),
        Command::Render(arguments) => render::run(&arguments),
        Command::JoinCommand(arguments) => on_runtime(|stop| join_command::run(arguments, stop)),
        Command::Images {
            command: ImagesCommand::List(arguments),
        } => ask(images::list(arguments)),
        Command::Images {
            command: ImagesCommand::Push(arguments),
        } => on_runtime(|stop| images::push(arguments, stop)),
        Command::Kubeconfig(arguments) => ask(kubeconfig::run(arguments)),
        Command::Inventory { command } => about_inventory(command),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "hawser", &mut std::io::stdout());
            Ok(ExitCode::Done)
        }
        Command::Man { folder } => man(&folder),
    };
    match result {
        Ok(code) => code as u8,
        Err(problems) => {
            for problem in &problems {
                workstation::print_to_stderr(&problem.to_string());
            }
            most_severe(&problems).unwrap_or(ExitCode::StepFailed) as u8
        }
    }
}

type Outcome = Result<ExitCode, Vec<Problem>>;

/// Whether the operator asked to stop.
type Stop = watch::Receiver<StopLevel>;

/// Runs a command that changes no host: it ends where it is when the operator asks to stop.
fn ask(command: impl Future<Output = Outcome>) -> Outcome {
    on_runtime(|stop| async move {
        let outcome = until_stopped(&stop, command).await;
        outcome.unwrap_or_else(|| Err(vec![stopped()]))
    })
}

/// Runs a command that learns when the operator asks to stop: from its first moment on, also while it asks something.
fn on_runtime<C: Future<Output = Outcome>>(command: impl FnOnce(Stop) -> C) -> Outcome {
    let cannot = |what: &'static str, cause: &std::io::Error| {
        vec![Problem::Workstation {
            what,
            cause: cause.to_string(),
        }]
    };
    let runtime = tokio::runtime::Runtime::new().map_err(|cause| cannot("start threads", &cause))?;
    let outcome = runtime.block_on(async {
        let stop = engine::signals().map_err(|cause| cannot("listen to signals", &cause))?;
        command(stop).await
    });
    // What was dropped where it was is not waited for.
    runtime.shutdown_background();
    outcome
}

/// The operator asked to stop before anything was begun.
fn stopped() -> Problem {
    Problem::Interrupted {
        running: Vec::new(),
        is_begun: false,
    }
}

fn about_inventory(command: InventoryCommand) -> Outcome {
    match command {
        InventoryCommand::Schema => {
            let schema = serde_json::to_string_pretty(&inventory::schema()).unwrap_or_default();
            workstation::print(&format!("{schema}\n"));
        }
        InventoryCommand::Check(inventory) => {
            let topology = scope::load_for(&inventory.path, KeyFiles::Noted)?;
            workstation::print(&format!(
                "{}: {} hosts, no mistakes\n",
                inventory.path.display(),
                topology.hosts.len()
            ));
        }
    }
    Ok(ExitCode::Done)
}

fn man(folder: &std::path::Path) -> Outcome {
    clap_mangen::generate_to(Arguments::command(), folder).map_err(|cause| {
        vec![Problem::LocalFile {
            path: folder.display().to_string(),
            verb: "write",
            cause: cause.to_string(),
        }]
    })?;
    Ok(ExitCode::Done)
}

/// Writes a whole text to a stream; a reader that went away (`hawser plan | head`) is no failure.
fn write_all(mut stream: impl Write, text: &str) {
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}
