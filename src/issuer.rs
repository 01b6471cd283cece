//! Creates the certificates that a step needs: in memory, right before it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::{BoxFuture, FutureExt};
use jiff::Timestamp;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use crate::engine::ValueSource;
use crate::error::Problem;
use crate::pki::{AUTHORITY_CERTIFICATE, AUTHORITY_KEY, Authority, Order};
use crate::plan::Step;
use crate::values::{Bundle, Values};

/// Creates certificates, in one run.
#[derive(Default)]
pub struct Issuer {
    authority: tokio::sync::Mutex<Option<Arc<Authority>>>,
    /// The bundles that the run creates itself, each when it has been created.
    created: Mutex<BTreeMap<Bundle, Arc<OnceCell<()>>>>,
}

impl ValueSource for Issuer {
    fn provide<'a>(
        &'a self,
        step: &'a Step,
        values: &'a Mutex<Values>,
    ) -> BoxFuture<'a, Result<(), Problem>> {
        async move {
            match step.creates() {
                Some(order) => self.issue(order, values).await,
                None => Ok(()),
            }
        }
        .boxed()
    }
}

impl Issuer {
    /// Fills an order's bundle with new keys and certificates: once in a run, as the hosts that share it are all asked
    /// for the same. Chains that need it at the same time wait for the one that creates it.
    async fn issue(&self, order: &Order, values: &Mutex<Values>) -> Result<(), Problem> {
        let created = {
            let mut created = self.created.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(created.entry(order.bundle).or_default())
        };
        let fill = || async { self.fill(order, values).await.map_err(cannot_create) };
        created.get_or_try_init(fill).await.copied()
    }

    async fn fill(&self, order: &Order, values: &Mutex<Values>) -> Result<(), String> {
        let authority = self.authority(order, values).await?;
        let wanted = order.clone();
        let lines = aside(move || authority.fill(&wanted, Timestamp::now())).await?;
        with(values, |values| values.set_files(order.bundle, lines.as_bytes()))
    }

    /// The authority that the run knows, or a new one where the order lets it be created. Chains that need it at the
    /// same time wait for the one that creates it.
    async fn authority(&self, order: &Order, values: &Mutex<Values>) -> Result<Arc<Authority>, String> {
        let mut known = self.authority.lock().await;
        if let Some(authority) = known.as_ref() {
            return Ok(Arc::clone(authority));
        }
        let algorithm = order.algorithm;
        let (certificate, key) = (file(values, AUTHORITY_CERTIFICATE)?, file(values, AUTHORITY_KEY)?);
        let authority = match (certificate, key) {
            (Some(certificate), Some(key)) => Authority::load(&certificate, &key, Timestamp::now())?,
            _ if order.may_make_authority => {
                aside(move || Authority::new(algorithm, Timestamp::now())).await?
            }
            _ => return Err("etcd's CA has not been read from any host".to_owned()),
        };
        let authority = Arc::new(authority);
        *known = Some(Arc::clone(&authority));
        Ok(authority)
    }
}

/// A file of etcd's authority, if the run knows it.
fn file(values: &Mutex<Values>, path: &str) -> Result<Option<Zeroizing<String>>, String> {
    let content = with(values, |values| values.file(Bundle::EtcdAuthority, path));
    let text = |content: Zeroizing<Vec<u8>>| {
        let text = std::str::from_utf8(&content).map_err(|_| format!("{path} is no text"))?;
        Ok(Zeroizing::new(text.to_owned()))
    };
    content.map(text).transpose()
}

fn with<T>(values: &Mutex<Values>, act: impl FnOnce(&mut Values) -> T) -> T {
    act(&mut values.lock().unwrap_or_else(PoisonError::into_inner))
}

/// An RSA key takes a good part of a second of arithmetic: not on a thread that talks to hosts.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    spawn_blocking(work).await.map_err(|error| error.to_string())?
}

fn cannot_create(cause: String) -> Problem {
    Problem::Workstation {
        what: "create the etcd certificates",
        cause,
    }
}

#[cfg(test)]
mod tests;
