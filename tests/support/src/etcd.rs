//! etcd, asked with its own program on its own hosts.

use serde_json::Value;

use crate::host::try_exec;

/// etcdctl on an etcd host, against the host's own member; its answer, also where it says that something is wrong.
fn ask(on: &str, what: &str) -> Result<Value, String> {
    let ran = try_exec(
        on,
        &format!(
            "cd /etc/kubernetes/pki/etcd && etcdctl --endpoints=https://127.0.0.1:2379 --cacert=ca.crt \
             --cert=healthcheck-client.crt --key=healthcheck-client.key --command-timeout=4s -w json {what}"
        ),
    );
    serde_json::from_str(&ran.stdout).map_err(|error| format!("{error}: {}", ran.reply()))
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// The URLs of the members that are healthy, as a host's own member finds them; `Err` where one is not.
pub fn healthy(on: &str) -> Result<Vec<String>, String> {
    let health = list(&ask(on, "endpoint health --cluster")?);
    let (well, ill): (Vec<_>, Vec<_>) = health.into_iter().partition(|member| member["health"] == true);
    if !ill.is_empty() {
        return Err(format!("{ill:?}"));
    }
    let mut urls: Vec<String> = well
        .iter()
        .filter_map(|member| member["endpoint"].as_str().map(str::to_owned))
        .collect();
    urls.sort();
    Ok(urls)
}

/// The names of the voting members, as a host's own member lists them.
pub fn members(on: &str) -> Result<Vec<String>, String> {
    let members = list(&ask(on, "member list")?["members"]);
    let voting = members.iter().filter(|member| member["isLearner"] != true);
    let mut names: Vec<String> = voting
        .filter_map(|member| member["name"].as_str().map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}

/// etcd's term: every election has one of its own.
pub fn term(on: &str) -> Result<u64, String> {
    let status = ask(on, "endpoint status")?;
    let term = status[0]["Status"]["header"]["raft_term"].as_u64();
    term.ok_or_else(|| format!("no term: {status}"))
}

/// The name of the member that a host's own follows.
pub fn leader(on: &str) -> Result<String, String> {
    let status = ask(on, "endpoint status")?;
    let leader = &status[0]["Status"]["leader"];
    let members = list(&ask(on, "member list")?["members"]);
    let found = members.iter().find(|member| member["ID"] == *leader);
    found
        .and_then(|member| member["name"].as_str().map(str::to_owned))
        .ok_or_else(|| format!("no leader: {status}"))
}
