//! kubectl of the lab, on this machine, with the administrator's kubeconfig.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::lab;
use crate::process::{Ran, run, run_with};

const LIMIT: Duration = Duration::from_secs(60);

/// kubectl that speaks to one server.
pub struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
    server: String,
}

impl Kubectl {
    /// Through the VIP. (The endpoint's name is known to the hosts alone.)
    pub fn new(kubeconfig: PathBuf) -> Self {
        Self {
            program: lab::programs().join("kubectl"),
            kubeconfig,
            server: lab::server(lab::VIP),
        }
    }

    /// At another place: `ADDRESS` or `ADDRESS:PORT`.
    pub fn at(&self, address: &str) -> Self {
        Self {
            program: self.program.clone(),
            kubeconfig: self.kubeconfig.clone(),
            server: lab::server(address),
        }
    }

    /// The Secrets in kube-system that belong to a run: bootstrap tokens, uploaded certificates.
    pub fn secrets_of_runs(&self) -> Vec<String> {
        // From 1.24 on a cluster may have no Secret at all, and always has ConfigMaps.
        let objects = self.items(&["secrets,configmaps", "-n", "kube-system"]).unwrap();
        assert!(!objects.is_empty(), "the cluster told nothing");
        let of_a_run = |name: &&str| name.starts_with("bootstrap-token-") || *name == "kubeadm-certs";
        objects
            .iter()
            .filter(|object| object["kind"] == "Secret")
            .map(name)
            .filter(of_a_run)
            .map(str::to_owned)
            .collect()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .args(["--server", &self.server, "--request-timeout=20s"])
            .args(arguments)
            .stdin(std::process::Stdio::null());
        command
    }

    /// Runs kubectl, whatever becomes of it.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        run(&mut self.command(arguments), LIMIT)
    }

    /// `kubectl get … -o json`, for what is asked again.
    pub fn get(&self, arguments: &[&str]) -> Result<Value, String> {
        let text = self.run(&[&["get", "-o", "json"], arguments].concat()).answer()?;
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }

    /// The items of a list.
    pub fn items(&self, arguments: &[&str]) -> Result<Vec<Value>, String> {
        let list = self.get(arguments)?;
        Ok(list["items"].as_array().cloned().unwrap_or_default())
    }

    /// `kubectl apply -f -`.
    pub fn apply(&self, documents: &str) -> Result<String, String> {
        run_with(
            &mut self.command(&["apply", "-f", "-"]),
            documents.as_bytes(),
            LIMIT,
        )
        .answer()
    }

    /// The names of the nodes that are Ready.
    pub fn ready_nodes(&self) -> Result<Vec<String>, String> {
        let nodes = self.items(&["nodes"])?;
        let ready = nodes.iter().filter(|node| is_ready(node));
        Ok(ready.map(|node| name(node).to_owned()).collect())
    }
}

/// An object's name.
pub fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// Whether a node's or a pod's condition Ready is True.
pub fn is_ready(object: &Value) -> bool {
    let conditions = object["status"]["conditions"].as_array();
    conditions.is_some_and(|all| {
        all.iter()
            .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
    })
}
