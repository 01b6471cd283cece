//! The API by plain HTTPS, with the administrator's certificate: one connection a request, or one watch.

use std::io::{BufRead, BufReader};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use ureq::Agent;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

/// Who speaks to the API: the cluster's CA and the administrator's certificate.
#[derive(Clone)]
pub(crate) struct Credentials(TlsConfig);

impl Credentials {
    /// From a kubeconfig's text.
    pub(crate) fn from_kubeconfig(text: &str) -> Self {
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(key));
            let word = line
                .unwrap_or_else(|| panic!("the kubeconfig has no {key}"))
                .trim();
            STANDARD.decode(word).unwrap()
        };
        let certificate = |key: &str| Certificate::from_pem(&value(key)).unwrap();
        let key = PrivateKey::from_pem(&value("client-key-data:")).unwrap();
        let own = ClientCert::new_with_certs(&[certificate("client-certificate-data:")], key);
        let roots = RootCerts::Specific(Arc::new(vec![certificate("certificate-authority-data:")]));
        Self(
            TlsConfig::builder()
                .client_cert(Some(own))
                .root_certs(roots)
                .build(),
        )
    }

    fn agent(&self, limit: Option<Duration>) -> Agent {
        Agent::config_builder()
            .tls_config(self.0.clone())
            .timeout_global(limit)
            .max_idle_connections(0)
            .http_status_as_error(false)
            .build()
            .new_agent()
    }

    /// One request on a connection of its own; the body of a 200, or why there is none.
    pub(crate) fn get(&self, server: &str, path: &str, limit: Duration) -> Result<String, String> {
        let url = format!("https://{server}:6443{path}");
        let mut response = self
            .agent(Some(limit))
            .get(&url)
            .call()
            .map_err(|error| error.to_string())?;
        let status = response.status();
        let body = response
            .body_mut()
            .read_to_string()
            .map_err(|error| error.to_string())?;
        if status.as_u16() == 200 {
            return Ok(body);
        }
        let line = body.lines().next().unwrap_or_default();
        Err(format!(
            "{status}: {}",
            line.chars().take(200).collect::<String>()
        ))
    }

    /// One watch: one request on one connection, never begun anew.
    pub(crate) fn watch(&self, server: &str, path: &str) -> Watch {
        let url = format!("https://{server}:6443{path}?watch=true&timeoutSeconds=3600");
        let agent = self.agent(None);
        let (sender, events) = channel();
        let reader = std::thread::spawn(move || {
            let response = agent.get(&url).call().map_err(|error| error.to_string())?;
            if response.status().as_u16() != 200 {
                return Err(response.status().to_string());
            }
            for line in BufReader::new(response.into_body().into_reader()).lines() {
                let line = line.map_err(|error| error.to_string())?;
                let event = serde_json::from_str(&line).map_err(|error| error.to_string())?;
                let _ = sender.send(event);
            }
            Err("the server closed the connection".to_owned())
        });
        Watch { events, reader }
    }
}

/// A watch that goes on as long as its one connection does.
pub(crate) struct Watch {
    /// What it told.
    pub(crate) events: Receiver<Value>,
    reader: JoinHandle<Result<(), String>>,
}

impl Watch {
    /// Why it ended, if it has.
    pub(crate) fn end(self) -> Option<String> {
        if !self.reader.is_finished() {
            return None;
        }
        self.reader.join().unwrap().err()
    }
}
