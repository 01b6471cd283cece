//! The command line, as clap reads it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

use crate::check::host::Fact;
use crate::topology::Version;

/// Builds highly available Kubernetes clusters with kubeadm, over plain SSH
#[derive(Debug, Parser)]
#[command(name = "hawser", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Arguments {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 a step or a check failed, 2 usage or inventory, 3 unreachable, \
    4 refused, 5 host key, 6 changes pending (plan --detailed-exitcode), 130 interrupted";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what apply would change, step by step; changes nothing
    Plan(PlanArguments),
    /// Build or change the cluster as the inventory says: show the plan, ask, apply exactly that plan, verify
    Apply(ApplyArguments),
    /// Check hosts and network before building, and print how to fix what is wrong
    Check(CheckArguments),
    /// Show every file that hosts would receive, secrets masked; connects to nothing
    Render(RenderArguments),
    /// Print a `kubeadm join` line for a host outside the inventory
    JoinCommand(JoinCommandArguments),
    /// Fetch the administrator's kubeconfig to a file, or merge it into yours
    Kubeconfig(KubeconfigArguments),
    /// List and send images, for hosts that may not pull them
    Images {
        /// What to do
        #[command(subcommand)]
        command: ImagesCommand,
    },
    /// Check the inventory, or print its schema
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

/// List and send images, for hosts that may not pull them.
#[derive(Debug, Subcommand)]
pub enum ImagesCommand {
    /// Print the images that the hosts need: those of their kubeadm, of containerd and of the pod network's manifests
    List(ImagesListArguments),
    /// Send image archives to the hosts that lack them
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

const IMAGES_LIST: &str = "If this workstation can pull them: `hawser images list | xargs -n 1 docker pull`, then \
    `docker save -o images.tar $(hawser images list)`.";

/// `hawser images push`.
#[derive(Debug, Args)]
#[command(after_help = IMAGES_PUSH)]
pub struct ImagesPushArguments {
    /// The inventory
    #[command(flatten)]
    pub inventory: Inventory,
    /// Image archives: OCI layouts or `docker save` output, plain or compressed; without it those under [images]
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// Send each image once; the hosts send it to each other
    #[arg(long)]
    pub relay: bool,
    /// Only to this host (repeatable)
    #[arg(long, value_name = "HOST")]
    pub limit: Vec<String>,
    /// If another run works on these hosts, wait until it ends
    #[arg(long)]
    pub wait: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text)]
    pub output: OutputFormat,
}

const IMAGES_PUSH: &str = "hawser sends only what a host lacks, and each image completely or not at all: after an interruption, \
    rerun this command.";

/// Check the inventory, or print its schema.
#[derive(Debug, Subcommand)]
pub enum InventoryCommand {
    /// Print a JSON Schema, with which editors complete and check while you type
    Schema,
    /// Read the inventory and print every mistake in it; connects to nothing
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
    /// A folder with your templates, that replace builtin templates of the same name; overrides the inventory
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
    /// Steps that change something, equal hosts on one line; diffs of files that change, of new files the number of
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
    /// Change only this host, and what other hosts must do for it (repeatable); all hosts are probed
    /// anyway
    #[arg(long, value_name = "HOST")]
    pub limit: Vec<String>,
    /// Only prepare hosts; the next run does the rest
    #[arg(long)]
    pub prepare_only: bool,
    /// Number of workers that may be unreachable or fail
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
    /// Exit with 6 if there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Save the plan to this file, mode 0600: `hawser apply FILE` applies exactly this plan, or nothing
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    /// Let `apply FILE` start even if this fact of a host failed (repeatable; `hawser check` shows the names)
    #[arg(
        long,
        value_name = "NAME",
        value_enum,
        hide_possible_values = true,
        requires = "out"
    )]
    pub ignore: Vec<Fact>,
    /// Let `apply FILE` build hosts without checking connections and facts first
    #[arg(long, requires = "out", conflicts_with = "ignore")]
    pub skip_check: bool,
}

/// `hawser apply`.
#[derive(Debug, Args)]
pub struct ApplyArguments {
    /// Apply exactly the plan that `hawser plan --out` saved in this file, or nothing if anything has changed since
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub plan: Option<PathBuf>,
    /// What both plan and apply take
    #[command(flatten)]
    pub scope: Scope,
    /// Apply without confirmation
    #[arg(short, long)]
    pub yes: bool,
    /// If another run works on these hosts, wait until it ends
    #[arg(long)]
    pub wait: bool,
    /// Start even if this fact of a host failed (repeatable; `hawser check` shows the names)
    #[arg(long, value_name = "NAME", value_enum, hide_possible_values = true)]
    pub ignore: Vec<Fact>,
    /// Build hosts without checking connections and facts first
    #[arg(long, conflicts_with = "ignore")]
    pub skip_check: bool,
}

/// `hawser check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The inventory
    #[command(flatten)]
    pub inventory: Inventory,
    /// Only connections from this host, or from `workstation`
    #[arg(long, value_name = "HOST")]
    pub from: Option<String>,
    /// Only connections to this host, to `endpoint`, `registry` or `repository`
    #[arg(long, value_name = "HOST")]
    pub to: Option<String>,
    /// Only connections to this port
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// Listen during the check on ports on which nothing listens yet, to find firewalls
    #[arg(long)]
    pub listen: bool,
    /// Measure etcd's disks too: each host of etcd writes some megabytes, in at most five seconds
    #[arg(long, conflicts_with_all = ["from", "to", "port"])]
    pub disk: bool,
    /// Make this fact a warning if it failed (repeatable)
    #[arg(long, value_name = "NAME", value_enum, hide_possible_values = true, conflicts_with_all = ["from", "to", "port"])]
    pub ignore: Vec<Fact>,
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
    /// Write each file to DIR/HOST/PATH, mode 0600, and print its path on the host
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// The kubeadm on the hosts, which decides the version of its files; default: the cluster's version
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
    /// Print a line for a control plane: hawser also uploads the certificates, encrypted with a key in the line
    #[arg(long)]
    pub control_plane: bool,
}

const JOIN_COMMAND: &str = "The line holds secrets and is written only to standard output, not to a log or an event. \
    It is valid for two hours; nothing deletes its token earlier. Hosts of the inventory need no line: `hawser apply` joins them.";

/// `hawser kubeconfig`.
#[derive(Debug, Args)]
pub struct KubeconfigArguments {
    /// The inventory
    #[command(flatten)]
    pub inventory: Inventory,
    /// Write it to this file, mode 0600; without --to and --merge, CLUSTER.kubeconfig in the current folder
    #[arg(long, value_name = "FILE", conflicts_with = "merge")]
    pub to: Option<PathBuf>,
    /// Merge it into your kubeconfig ($KUBECONFIG or ~/.kube/config) as a context named
    /// after the cluster; a backup is kept
    #[arg(long)]
    pub merge: bool,
}
