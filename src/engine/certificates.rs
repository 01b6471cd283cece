//! The certificates that a step needs: made in memory, right before it.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use super::shared::Shared;
use crate::error::Problem;
use crate::pki::{AUTHORITY_CERTIFICATE, AUTHORITY_KEY, Authority, Order};
use crate::values::Bundle;

impl Shared {
    /// Fills an order's bundle with new keys and certificates: once in a run, as the hosts that share it are all asked for
    /// the same.
    pub(super) async fn make(&self, order: &Order) -> Result<(), Problem> {
        self.bundle_made(order.bundle)
            .get_or_try_init(|| self.fill(order))
            .await
            .copied()
    }

    async fn fill(&self, order: &Order) -> Result<(), Problem> {
        let authority = self.authority(order).await.map_err(cannot_make)?;
        let wanted = order.clone();
        let made = apart(move || authority.fill(&wanted, Timestamp::now())).await;
        let taken = made
            .and_then(|lines| self.with_values(|values| values.set_files(order.bundle, lines.as_bytes())));
        taken.map_err(cannot_make)
    }

    /// The authority that the run knows, or a new one where the order lets it be made. Chains that need it at the same
    /// time wait for the one that makes it.
    async fn authority(&self, order: &Order) -> Result<Arc<Authority>, String> {
        let mut known = self.authority.lock().await;
        if let Some(authority) = known.as_ref() {
            return Ok(Arc::clone(authority));
        }
        let algorithm = order.algorithm;
        let authority = match (self.told(AUTHORITY_CERTIFICATE)?, self.told(AUTHORITY_KEY)?) {
            (Some(certificate), Some(key)) => Authority::load(&certificate, &key, Timestamp::now())?,
            _ if order.may_make_authority => {
                apart(move || Authority::new(algorithm, Timestamp::now())).await?
            }
            _ => return Err("etcd's authority has not been read from any host".to_owned()),
        };
        let authority = Arc::new(authority);
        *known = Some(Arc::clone(&authority));
        Ok(authority)
    }

    fn told(&self, path: &str) -> Result<Option<Zeroizing<String>>, String> {
        let content = self.with_values(|values| values.file(Bundle::EtcdAuthority, path));
        let text = |content: Zeroizing<Vec<u8>>| {
            let text = std::str::from_utf8(&content).map_err(|_| format!("{path} is no text"))?;
            Ok(Zeroizing::new(text.to_owned()))
        };
        content.map(text).transpose()
    }
}

/// An RSA key takes a good part of a second of arithmetic: not on a thread that talks to hosts.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    spawn_blocking(work).await.map_err(|error| error.to_string())?
}

fn cannot_make(cause: String) -> Problem {
    Problem::Workstation {
        what: "make etcd's certificates",
        cause,
    }
}
