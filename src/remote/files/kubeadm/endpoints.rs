//! etcd's endpoints in the `ClusterConfiguration` that kubeadm keeps in the cluster: what later joins are told.

use serde_json::{Value, json};

use super::{ApiVersion, cluster_configuration};
use crate::remote::files::yaml;
use crate::topology::{Topology, Version};

/// Where kubeadm has them, and from 1.35 on those for plain requests, which follow the others as long as they are the
/// same.
const ENDPOINTS: &str = "/etcd/external/endpoints";
const HTTP_ENDPOINTS: &str = "/etcd/external/httpEndpoints";

/// The endpoints of etcd that a `ClusterConfiguration` names. `Err` where it cannot be read or names none.
pub fn etcd_endpoints(configuration: &Value) -> Result<Vec<String>, String> {
    let named = configuration.pointer(ENDPOINTS).and_then(Value::as_array);
    let named = named.ok_or("the ClusterConfiguration names no endpoints of an external etcd")?;
    let text = |endpoint: &Value| endpoint.as_str().map(str::to_owned);
    let named: Option<Vec<String>> = named.iter().map(text).collect();
    named.ok_or_else(|| "the ClusterConfiguration has an endpoint of etcd that is no text".to_owned())
}

/// The endpoints of etcd as the inventory's `ClusterConfiguration` names them.
pub fn wanted_etcd_endpoints(topology: &Topology, kubeadm: Version) -> Vec<String> {
    let wanted = || {
        let api = ApiVersion::for_kubeadm(kubeadm).ok()?;
        let configuration = cluster_configuration(topology, api).ok()?;
        etcd_endpoints(&configuration).ok()
    };
    wanted().unwrap_or_default()
}

/// A `ClusterConfiguration` as the cluster has it, with the endpoints that `members` lack there behind those that it
/// names; `None` where it lacks none.
pub fn with_etcd_endpoints(running: &str, members: &[String]) -> Result<Option<String>, String> {
    let mut document: Value = serde_norway::from_str(running).map_err(|error| error.to_string())?;
    let named = etcd_endpoints(&document)?;
    let all = completed(&named, members);
    if all == named {
        return Ok(None);
    }
    for place in [ENDPOINTS, HTTP_ENDPOINTS] {
        if let Some(found) = document
            .pointer_mut(place)
            .filter(|found| **found == json!(named))
        {
            *found = json!(all);
        }
    }
    Ok(Some(yaml::document(&document)))
}

/// Those that are there, and behind them those that are missing.
pub fn completed(there: &[String], wanted: &[String]) -> Vec<String> {
    let missing = wanted.iter().filter(|endpoint| !there.contains(endpoint));
    there.iter().chain(missing).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNNING: &str = "apiServer:\n  timeoutForControlPlane: 4m0s\napiVersion: kubeadm.k8s.io/v1beta2\netcd:\n  external:\n    caFile: /etc/kubernetes/pki/etcd/ca.crt\n    endpoints:\n    - https://192.0.2.42:2379\n    - https://192.0.2.41:2379\nkind: ClusterConfiguration\n";

    fn endpoints(hosts: &[u8]) -> Vec<String> {
        let url = |host: &u8| format!("https://192.0.2.{host}:2379");
        hosts.iter().map(url).collect()
    }

    fn read(text: &str) -> Value {
        serde_norway::from_str(text).unwrap()
    }

    #[test]
    fn a_member_that_is_missing_comes_last_and_nothing_else_changes() {
        let grown = with_etcd_endpoints(RUNNING, &endpoints(&[41, 42, 43]));

        let mut grown = read(&grown.unwrap().unwrap());
        assert_eq!(etcd_endpoints(&grown).unwrap(), endpoints(&[42, 41, 43]));
        *grown.pointer_mut(ENDPOINTS).unwrap() = json!(endpoints(&[42, 41]));
        assert_eq!(grown, read(RUNNING));
    }

    #[test]
    fn endpoints_that_are_no_host_of_ours_stay() {
        assert_eq!(with_etcd_endpoints(RUNNING, &endpoints(&[41])), Ok(None));
    }

    #[test]
    fn endpoints_for_plain_requests_follow_where_they_are_the_same() {
        let both = RUNNING.replace(
            "kind:",
            "    httpEndpoints:\n    - https://192.0.2.42:2379\n    - https://192.0.2.41:2379\nkind:",
        );
        let other = both.replace("httpEndpoints:\n    - https", "httpEndpoints:\n    - http");
        let http = |text: &str| {
            let grown = with_etcd_endpoints(text, &endpoints(&[43])).unwrap().unwrap();
            read(&grown)
                .pointer(HTTP_ENDPOINTS)
                .unwrap()
                .as_array()
                .unwrap()
                .len()
        };

        assert_eq!((http(&both), http(&other)), (3, 2));
    }

    #[test]
    fn a_configuration_of_stacked_etcd_has_none() {
        assert!(with_etcd_endpoints("etcd:\n  local:\n    dataDir: /var/lib/etcd\n", &[]).is_err());
    }
}
