//! Faults, at moments that are chosen by what is on a host.

use std::process::{Command, Stdio};

use support::hawser::{BUILD, Workstation};
use support::host::{exec, is_so};
use support::process::{Ran, Running, start};
use support::{lab, wait};

/// A run of hawser in which something goes wrong.
pub(crate) struct Run(Option<Running>);

/// Starts a run that something will happen to.
pub(crate) fn apply(workstation: &Workstation) -> Run {
    Run(Some(workstation.start(&["apply", "--yes"])))
}

impl Run {
    /// Panics with what it said, if it ended before its time.
    pub(crate) fn must_go_on(&mut self) {
        let goes_on = self.0.as_mut().is_some_and(Running::is_running);
        assert!(goes_on, "it ended: {}", self.end().reply());
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.as_ref().unwrap().pid()
    }

    /// Whether it has said something by now.
    pub(crate) fn heard(&mut self, words: &str) -> Result<(), String> {
        let mut lines = self.0.as_ref().unwrap().lines.try_iter();
        let found = lines.any(|line| line.contains(words));
        found.then_some(()).ok_or_else(|| format!("no {words:?}"))
    }

    /// Its end.
    pub(crate) fn end(&mut self) -> Ran {
        let ran = self.0.take().unwrap().finish(BUILD);
        println!("{}", ran.reply());
        ran
    }
}

/// Asks a host fifty times a second, in the host itself.
fn once(host: &str, condition: &str, then: &str) -> Running {
    let script = format!("until {condition}; do sleep 0.02; done; {then}");
    start(
        Command::new("docker")
            .args(["exec", host, "sh", "-c", &script])
            .stdin(Stdio::null()),
    )
}

/// A host whose power is cut as soon as a condition is true on it.
pub(crate) struct Cut {
    host: &'static str,
    watch: Running,
}

/// Cuts a host's power as soon as a condition is true on it.
pub(crate) fn cut_once(host: &'static str, condition: &str) -> Cut {
    Cut {
        host,
        watch: once(host, condition, ":"),
    }
}

impl Cut {
    /// Waits for the moment while hawser runs; the host is off then.
    pub(crate) fn done(self, run: &mut Run) {
        await_end(self.watch, run);
        lab::kill(self.host);
    }
}

/// Waits for a moment on a host while hawser runs.
fn await_end(mut watch: Running, run: &mut Run) {
    wait::until("the moment has come", wait::LONG, || {
        run.must_go_on();
        if watch.is_running() {
            Err("not yet".to_owned())
        } else {
            Ok(())
        }
    });
    watch.finish(wait::LONG).exits(0);
}

/// kubeadm on a host, which stands still from a moment on.
pub(crate) struct Still(Running);

/// Makes kubeadm stand still as soon as a condition is true on its host.
pub(crate) fn hold_kubeadm(host: &str, condition: &str) -> Still {
    Still(once(host, condition, "pkill -STOP -x kubeadm"))
}

impl Still {
    /// Waits for the moment while hawser runs.
    pub(crate) fn reached(self, run: &mut Run) {
        await_end(self.0, run);
    }
}

/// The manifest of etcd, whose writing is held on a host: kubeadm has listed the member by then, and writes it next.
pub(crate) struct Held {
    host: &'static str,
    watch: Running,
}

const MANIFESTS: &str = "/etc/kubernetes/manifests";

/// Once kubeadm is past its preflight checks, a pipe that nobody reads lies where it will write etcd's manifest, so
/// that it stops there. kubelet passes over pipes.
pub(crate) fn hold_etcd_manifest(host: &'static str) -> Held {
    let condition = format!("[ -e {MANIFESTS}/kube-apiserver.yaml ]");
    Held {
        host,
        watch: once(host, &condition, &format!("mkfifo {MANIFESTS}/etcd.yaml")),
    }
}

impl Held {
    /// The power is lost while the manifest is not written.
    pub(crate) fn cut(self) -> Off {
        self.watch.finish(wait::LONG).exits(0);
        assert!(is_so(self.host, &format!("[ -p {MANIFESTS}/etcd.yaml ]")));
        lab::kill(self.host);
        Off(self.host)
    }
}

/// A host without power, on which the pipe lies.
pub(crate) struct Off(&'static str);

impl Off {
    /// The power comes back; no trace of the pipe stays.
    pub(crate) fn on(self) {
        lab::power_cycle(self.0);
        exec(self.0, &format!("rm {MANIFESTS}/etcd.yaml"));
    }
}

/// Everything that Kubernetes keeps on a host is gone, as after a new disk; nothing of it runs.
pub(crate) fn empty(host: &str) {
    exec(host, "systemctl disable -q kubelet");
    lab::power_cycle(host);
    exec(
        host,
        "for folder in /etc/kubernetes /var/lib/etcd /var/lib/kubelet; do
           [ ! -d \"$folder\" ] || find \"$folder\" -mindepth 1 -delete
         done
         systemctl enable -q --now kubelet",
    );
}

/// Ends well once a condition has been true on a host.
pub(crate) fn seen(host: &str, condition: &str) -> Running {
    once(host, condition, ":")
}
