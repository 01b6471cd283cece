//! The API by plain HTTPS, with the administrator's certificate: one connection a request, or one for a watch.

use std::io::{BufRead, BufReader};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};
use ureq::{Agent, Body, Proxy};

use crate::lab;
use crate::relay::Relay;
use crate::wait;

/// Who speaks to the API: the cluster's CA and the administrator's certificate.
#[derive(Clone)]
pub struct Credentials(TlsConfig);

impl Credentials {
    /// From a kubeconfig's text.
    pub fn from_kubeconfig(text: &str) -> Self {
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

    fn agent(&self, limit: Option<Duration>, proxy: Option<Proxy>) -> Agent {
        let kept = usize::from(proxy.is_some());
        Agent::config_builder()
            .tls_config(self.0.clone())
            .timeout_global(limit)
            .proxy(proxy)
            .max_idle_connections(kept)
            .http_status_as_error(false)
            .build()
            .new_agent()
    }

    /// One request on a connection of its own, at `ADDRESS` or `ADDRESS:PORT`; the body of a 200, or why there is none.
    pub fn get(&self, server: &str, path: &str, limit: Duration) -> Result<String, String> {
        let agent = self.agent(Some(limit), None);
        let mut body = ask(&agent, &format!("{}{path}", lab::server(server)))?;
        body.read_to_string().map_err(|error| error.to_string())
    }

    /// A watch, as clients keep one: where the server ends an answer, it is asked again on the same connection.
    pub fn watch(&self, server: &str, path: &str) -> Watch {
        let url = format!("{}{path}?watch=true&timeoutSeconds=3600", lab::server(server));
        let relay = Relay::start();
        let proxy = Proxy::new(&format!("http://{}", relay.address)).unwrap();
        let agent = self.agent(None, Some(proxy));
        let (sender, reported) = channel();
        std::thread::spawn(move || {
            while sender.send(Reported::Asked).is_ok() {
                if let Err(why) = follow(&agent, &url, &sender) {
                    let _ = sender.send(Reported::Ended(why));
                }
                wait::tick();
            }
        });
        Watch { relay, reported }
    }
}

fn ask(agent: &Agent, url: &str) -> Result<Body, String> {
    let mut response = agent.get(url).call().map_err(|error| error.to_string())?;
    if response.status().as_u16() == 200 {
        return Ok(response.into_body());
    }
    let status = response.status();
    let reply = response.body_mut().read_to_string().unwrap_or_default();
    let line = reply.lines().next().unwrap_or_default();
    Err(format!(
        "{status}: {}",
        line.chars().take(200).collect::<String>()
    ))
}

/// One answer to the end.
fn follow(agent: &Agent, url: &str, reported: &Sender<Reported>) -> Result<(), String> {
    let body = ask(agent, url)?;
    for line in BufReader::new(body.into_reader()).lines() {
        let line = line.map_err(|error| error.to_string())?;
        let event = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        let _ = reported.send(Reported::Event(event));
    }
    Ok(())
}

/// What a watch has to tell.
#[derive(Debug)]
pub enum Reported {
    /// The question was put.
    Asked,
    /// Something happened in the cluster.
    Event(Value),
    /// The answer ended, and not in good order.
    Ended(String),
}

/// A watch that goes on until its receiver is dropped.
pub struct Watch {
    /// Its connections.
    pub relay: Relay,
    /// What it told.
    pub reported: Receiver<Reported>,
}
