//! The command line, as clap reads it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

use crate::topology::Version;

/// Builds highly available Kubernetes clusters with kubeadm, over plain SSH
#[derive(Debug, Parser)]
#[command(name = "hawser", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Arguments {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 a step failed or a check found an error, 2 usage or inventory, 3 unreachable, \
    4 refused as unsafe, 5 host key, 6 changes pending (plan --detailed-exitcode), 130 interrupted";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what apply would do, host by host; changes nothing
    Plan(PlanArguments),
    /// Make the cluster as the inventory says: show the plan, ask, do exactly it, verify
    Apply(ApplyArguments),
    /// Say whether it will work, and what to do where not: every way between workstation and hosts, and what hosts are
    Check(CheckArguments),
    /// Show every file that hosts would receive, secrets masked; connects to nothing
    Render(RenderArguments),
    /// Print a `kubeadm join` line for a host outside the inventory
    JoinCommand(JoinCommandArguments),
    /// Fetch the administrator's kubeconfig to a file, or merge it into your own
    Kubeconfig(KubeconfigArguments),
    /// About images, for hosts that may not pull them
    Images {
        /// What to do
        #[command(subcommand)]
        command: ImagesCommand,
    },
    /// About the inventory itself
    Inventory {
        /// What to do
        #[command(subcommand)]
        command: InventoryCommand,
    },
    /// Print shell completions
    Completions {
        /// For which shell
        shell: Shell,
    },
    /// Write man pages into a folder
    Man {
        /// Where
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
}

/// About images, for hosts that may not pull them.
#[derive(Debug, Subcommand)]
pub enum ImagesCommand {
    /// Print the images that hosts will run: as their own kubeadm, containerd and the pod network's manifests name them
    List(ImagesListArguments),
    /// Bring hosts what they lack of image archives
    Push(ImagesPushArguments),
}

/// `hawser images list`.
#[derive(Debug, Args)]
#[command(after_help = IMAGES_LIST)]
pub struct ImagesListArguments {
    /// The inventory
    #[command(flatten)]
    pub inventory: Inventory,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text)]
    pub output: OutputFormat,
}

const IMAGES_LIST: &str = "Where they can be pulled: `hawser images list | xargs -n 1 docker pull`, then \
    `docker save -o images.tar $(hawser images list)`.";

/// `hawser images push`.
#[derive(Debug, Args)]
#[command(after_help = IMAGES_PUSH)]
pub struct ImagesPushArguments {
    /// The inventory
    #[command(flatten)]
    pub inventory: Inventory,
    /// OCI layouts and what `docker save` writes, plain or compressed; those of the inventory's [images] when not given
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// Send each image once, and have hosts hand it to each other
    #[arg(long)]
    pub relay: bool,
    /// Only to this host (may be given again)
    #[arg(long, value_name = "HOST")]
    pub limit: Vec<String>,
    /// Where another run works on these hosts, wait for its end
    #[arg(long)]
    pub wait: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text)]
    pub output: OutputFormat,
}

const IMAGES_PUSH: &str = "Hosts are asked first what they have. An image is sent whole or not at all: run it again after an \
    interruption, and what is there is left alone.";

/// About the inventory itself.
#[derive(Debug, Subcommand)]
pub enum InventoryCommand {
    /// Print a JSON Schema, so that editors complete and check while you type
    Schema,
    /// Read the inventory and say everything that is wrong with it; connects to nothing
    Check(Inventory),
}

/// Which inventory.
#[derive(Debug, Clone, Args)]
pub struct Inventory {
    /// The inventory
    #[arg(
        short = 'i',
        long = "inventory",
        value_name = "FILE",
        default_value = "inventory.toml",
        env = "HAWSER_INVENTORY"
    )]
    pub path: PathBuf,
}

/// Which templates.
#[derive(Debug, Clone, Args)]
pub struct Templates {
    /// A folder with templates of your own, each in the place of hawser's of the same name; instead of the inventory's
    #[arg(long = "templates", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: Option<PathBuf>,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people
    Text,
    /// For programs: one JSON value, or one event a line
    Json,
}

/// What a plan shows of steps and files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Diff {
    /// Steps that change something, those of equal hosts on one line; of files what differs, of new files the number of
    /// lines
    Changed,
    /// Every step, and every line of every file
    All,
}

/// What both plan and apply take.
#[derive(Debug, Clone, Args)]
pub struct Scope {
    /// The inventory
    #[command(flatten)]
    pub inventory: Inventory,
    /// Which templates
    #[command(flatten)]
    pub templates: Templates,
    /// Change only this host, and what it needs of others (may be given again); all hosts
    /// are still observed and counted
    #[arg(long, value_name = "HOST")]
    pub limit: Vec<String>,
    /// Only prepare hosts, and leave what comes after to the next run
    #[arg(long)]
    pub prepare_only: bool,
    /// How many workers may be unreachable or fail
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub max_unreachable_workers: usize,
    /// What to show of steps and files
    #[arg(long, value_name = "WHICH", value_enum, default_value_t = Diff::Changed)]
    pub diff: Diff,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text)]
    pub output: OutputFormat,
}

/// `hawser plan`.
#[derive(Debug, Args)]
pub struct PlanArguments {
    /// Show every step and every line of every file of these hosts, and of no other
    #[arg(value_name = "HOST")]
    pub hosts: Vec<String>,
    /// What both plan and apply take
    #[command(flatten)]
    pub scope: Scope,
    /// Exit with 6 where there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Save the plan to this file, mode 0600: `hawser apply FILE` then does exactly it, or nothing
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    /// Have `apply FILE` begin though this fact of a host is wrong (may be given again; `hawser check` names them)
    #[arg(long, value_name = "NAME", requires = "out")]
    pub ignore: Vec<String>,
    /// Have `apply FILE` not try ways and look at facts before hosts are built
    #[arg(long, requires = "out", conflicts_with = "ignore")]
    pub skip_check: bool,
}

/// `hawser apply`.
#[derive(Debug, Args)]
pub struct ApplyArguments {
    /// Do exactly the plan that `hawser plan --out` has saved in this file, or nothing where anything has moved since
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub plan: Option<PathBuf>,
    /// What both plan and apply take
    #[command(flatten)]
    pub scope: Scope,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Where another run works on these hosts, wait for its end
    #[arg(long)]
    pub wait: bool,
    /// Begin though this fact of a host is wrong (may be given again; `hawser check` names them)
    #[arg(long, value_name = "NAME")]
    pub ignore: Vec<String>,
    /// Do not try ways and look at facts before hosts are built
    #[arg(long, conflicts_with = "ignore")]
    pub skip_check: bool,
}

/// `hawser check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The inventory
    #[command(flatten)]
    pub inventory: Inventory,
    /// Only ways that begin at this host, or at `workstation`
    #[arg(long, value_name = "HOST")]
    pub from: Option<String>,
    /// Only ways that lead to this host, to `endpoint`, `registry` or `repository`
    #[arg(long, value_name = "HOST")]
    pub to: Option<String>,
    /// Only ways to this port
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// Listen on hosts for the moment of the check where nothing listens yet, so that a firewall shows
    #[arg(long)]
    pub listen: bool,
    /// Measure etcd's disks too: each writes some megabytes, in at most five seconds
    #[arg(long, conflicts_with_all = ["from", "to", "port"])]
    pub disk: bool,
    /// Make an error of this fact a warning (may be given again)
    #[arg(long, value_name = "NAME", conflicts_with_all = ["from", "to", "port"])]
    pub ignore: Vec<String>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text)]
    pub output: OutputFormat,
}

/// `hawser render`.
#[derive(Debug, Args)]
pub struct RenderArguments {
    /// The inventory
    #[command(flatten)]
    pub inventory: Inventory,
    /// Which templates
    #[command(flatten)]
    pub templates: Templates,
    /// Only the files of these hosts
    #[arg(value_name = "HOST")]
    pub hosts: Vec<String>,
    /// Write each file to DIR/HOST/PATH, mode 0600, and print where they belong
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// The kubeadm on the hosts, which decides the version of its files; the cluster's own version when not given
    #[arg(long, value_name = "VERSION")]
    pub kubeadm: Option<Version>,
}

/// `hawser join-command`.
#[derive(Debug, Args)]
#[command(after_help = JOIN_COMMAND)]
pub struct JoinCommandArguments {
    /// The inventory
    #[command(flatten)]
    pub inventory: Inventory,
    /// Which templates
    #[command(flatten)]
    pub templates: Templates,
    /// The line is for a control plane: certificates are uploaded too, sealed with a key that stands in the line
    #[arg(long)]
    pub control_plane: bool,
}

const JOIN_COMMAND: &str = "The line holds secrets and goes to standard output alone: no log and no event has it. \
    It is good for two hours; nothing deletes it before. Hosts that the inventory names need no line: `hawser apply` joins them.";

/// `hawser kubeconfig`.
#[derive(Debug, Args)]
pub struct KubeconfigArguments {
    /// The inventory
    #[command(flatten)]
    pub inventory: Inventory,
    /// Write it to this file, mode 0600; CLUSTER.kubeconfig where you are when neither is given
    #[arg(long, value_name = "FILE", conflicts_with = "merge")]
    pub to: Option<PathBuf>,
    /// Merge it into your kubeconfig ($KUBECONFIG or ~/.kube/config) as a context named
    /// after the cluster; a backup is kept
    #[arg(long)]
    pub merge: bool,
}
