//! What an etcd host tells: certificates, whose data lies there, and what the member says.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Answers};
use super::{HostFacts, MemberFact, Observed, cluster, external_etcd, identity};
use crate::ca::sum_of_pem;
use crate::pki::{AUTHORITY_KEY, Certificate, SOON, is_signed_by};
use crate::topology::Version;

/// Where a member's certificates and keys are.
const PKI: &str = "/etc/kubernetes/pki/etcd";

/// What an etcd host holds, and what its member says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that is or is not on the host"
)]
pub struct EtcdFacts {
    /// The authority's certificate, PEM.
    pub authority: Option<String>,
    /// How long it lasts, in seconds.
    pub authority_left: Option<Observed<i64>>,
    /// The host's clock, seconds since 1970.
    pub now_s: i64,
    /// Whether its key is there.
    pub has_authority_key: bool,
    /// The member's certificates by name: `server`, `peer`, `healthcheck-client`.
    pub certificates: BTreeMap<String, CertificateFact>,
    /// Paths of keys that lie beside the authority's, of a certificate or alone.
    pub keys: BTreeSet<String>,
    /// The path of the program `etcd`, where the host has it.
    pub program: Option<String>,
    pub version: Option<Version>,
    /// The flags that it takes, without dashes.
    pub flags: Observed<BTreeSet<String>>,
    pub has_etcdctl: bool,
    pub has_user: bool,
    /// The file of the unit `etcd`, where there is one.
    pub unit_file: Option<String>,
    /// Whether something listens where clients reach etcd: one that hangs does, too.
    pub listens: bool,
    /// Whose data lies in the data directory, where there is any.
    pub data: Option<EtcdData>,
    /// The identity of the cluster that the member belongs to, hexadecimal; of one that answers.
    pub cluster_id: Observed<String>,
    /// The members, as the host's own lists them.
    pub members: Observed<Vec<MemberFact>>,
    /// The ids of members that have never started.
    pub unpublished: BTreeSet<String>,
    /// The member that the host's own follows, hexadecimal.
    pub leader: Observed<Option<String>>,
    /// Whether anything is kept there, below whatever prefix: a Kubernetes cluster's objects.
    pub has_registry: Observed<bool>,
    /// A few keys of these objects that `kubeadm init` does not write.
    pub beyond_init: Observed<Vec<String>>,
}

/// A certificate of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificateFact {
    /// How long it lasts by the host's clock, in seconds; less than 0 when it has ended.
    pub left_s: Observed<i64>,
    /// The names and addresses in it.
    pub names: Observed<Vec<String>>,
    /// Whether the authority on the host has signed it.
    pub is_signed: bool,
    /// Whether a key lies beside it.
    pub has_key: bool,
    /// By which it is known again.
    pub sum: String,
}

/// What lies in a data directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EtcdData {
    /// The identity of the cluster that it is of, hexadecimal.
    pub cluster_id: Observed<String>,
    /// The members that it names, as `etcd1 (https://192.0.2.41:2380)`.
    pub members: Vec<String>,
    /// The peer URLs of the members that it knows to have run: those that have told where clients reach them.
    pub have_run: Observed<BTreeSet<String>>,
}

pub(super) fn read(answers: &Answers, has_data: bool) -> Result<EtcdFacts, String> {
    let text = answers.success("etcd_host")?;
    let reported = |what: &'static str| text.lines().filter_map(move |line| line.strip_prefix(what));
    let now = reported("now ").next().and_then(|now| now.parse().ok());
    let now: i64 = now.ok_or("etcd_host: no time")?;
    let keys: BTreeSet<&str> = reported("has ").collect();
    let program = |name: &str| {
        let mut programs = reported("program ").filter_map(|line| line.split_once(' '));
        programs
            .find(|(found, _)| *found == name)
            .map(|(_, path)| path.to_owned())
    };
    let files = certificate_files(answers)?;
    let authority = files.get("ca").cloned();
    let certificates = files
        .iter()
        .filter(|(name, _)| name.as_str() != "ca")
        .map(|(name, pem)| {
            let has_key = keys.contains(format!("{PKI}/{name}.key").as_str());
            (name.clone(), certificate(pem, authority.as_deref(), has_key, now))
        });
    let unit_file = reported("FragmentPath=").next().filter(|path| !path.is_empty());
    Ok(EtcdFacts {
        now_s: now,
        authority_left: authority.as_deref().map(|pem| left(pem, now).into()),
        certificates: certificates.collect(),
        has_authority_key: keys.contains(AUTHORITY_KEY),
        keys: keys.into_iter().map(str::to_owned).collect(),
        program: program("etcd"),
        version: version(answers)?,
        flags: external_etcd::flags(answers).into(),
        has_etcdctl: program("etcdctl").is_some(),
        has_user: reported("user ").any(|user| user == "etcd"),
        unit_file: unit_file.map(str::to_owned),
        listens: text.lines().any(|line| line == "listens"),
        data: has_data.then(|| data(answers, reported("wal ").next())),
        cluster_id: status(answers)
            .map(|status| format!("{:x}", status.header.cluster_id))
            .into(),
        members: cluster::members(answers).into(),
        unpublished: cluster::unpublished_members(answers),
        leader: status(answers)
            .map(|status| (status.leader != 0).then(|| format!("{:x}", status.leader)))
            .into(),
        has_registry: has_registry(answers).into(),
        beyond_init: cluster::beyond_init(answers).into(),
        authority,
    })
}

fn certificate_files(answers: &Answers) -> Result<BTreeMap<String, String>, String> {
    let read = |answer: &Answer| {
        let (name, pem) = answer.success()?.split_once('\n').unwrap_or_default();
        Ok((name.to_owned(), pem.to_owned()))
    };
    answers.all("etcd_certificate").map(read).collect()
}

fn certificate(pem: &str, authority: Option<&str>, has_key: bool, now: i64) -> CertificateFact {
    let certificate = Certificate::read(pem);
    CertificateFact {
        left_s: left(pem, now).into(),
        names: certificate.map(|certificate| certificate.names).into(),
        is_signed: authority.is_some_and(|authority| is_signed_by(pem, authority) == Ok(true)),
        has_key,
        sum: sum_of_pem(pem),
    }
}

fn left(pem: &str, now: i64) -> Result<i64, String> {
    Ok(Certificate::read(pem)?.not_after.as_second() - now)
}

/// `etcd Version: 3.4.23`.
fn version(answers: &Answers) -> Result<Option<Version>, String> {
    let Some(answer) = answers.get("etcd") else {
        return Ok(None);
    };
    let text = answer.success()?;
    let version = text.split_whitespace().find_map(|word| word.parse().ok());
    version
        .map(Some)
        .ok_or_else(|| format!("etcd: no version in {text:?}"))
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(rename = "Status")]
    status: Status,
}

#[derive(Deserialize, Clone)]
struct Status {
    header: Header,
    #[serde(default)]
    leader: u64,
}

#[derive(Deserialize, Clone)]
struct Header {
    cluster_id: u64,
}

fn status(answers: &Answers) -> Result<Status, String> {
    let all: Vec<Endpoint> = cluster::json("etcd_status", answers.success("etcd_status")?)?;
    let first = all.into_iter().next().map(|endpoint| endpoint.status);
    first.ok_or_else(|| "etcd_status: no answer".to_owned())
}

/// What a read of the first keys has found.
#[derive(Deserialize)]
struct Keys {
    #[expect(dead_code, reason = "an answer without a header is none")]
    header: Header,
    #[serde(default)]
    kvs: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    #[serde(default)]
    key: String,
}

/// `compact_rev_key`, in Base64: every API server writes it, and it is no object.
const OF_COMPACTION: &str = "Y29tcGFjdF9yZXZfa2V5";

fn has_registry(answers: &Answers) -> Result<bool, String> {
    let keys: Keys = cluster::json("etcd_registry", answers.success("etcd_registry")?)?;
    Ok(keys.kvs.iter().any(|found| found.key != OF_COMPACTION))
}

fn data(answers: &Answers, wal: Option<&str>) -> EtcdData {
    let bytes = wal.and_then(|wal| STANDARD.decode(wal).ok());
    let cluster_id = bytes
        .ok_or_else(|| "there is no write-ahead log that names it".to_owned())
        .and_then(|bytes| identity::of_log(&bytes));
    let names = answers.get("etcd_names").map(|answer| answer.text.as_str());
    let lines = names.unwrap_or_default().lines();
    let found: Vec<NamedMember> = lines.filter_map(named).collect();
    let reported: BTreeSet<String> = found.iter().map(NamedMember::reported).collect();
    EtcdData {
        cluster_id: cluster_id.map(|identity| identity.cluster).into(),
        members: reported.into_iter().collect(),
        have_run: have_run(answers, &found).into(),
    }
}

/// A member as the database has it: in etcd's JSON, but for its number.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NamedMember {
    #[serde(rename = "peerURLs")]
    peer_urls: Vec<String>,
    name: String,
    #[serde(rename = "clientURLs", default)]
    client_urls: Vec<String>,
}

impl NamedMember {
    fn reported(&self) -> String {
        format!("{} ({})", self.name, self.peer_urls.join(","))
    }
}

/// `"peerURLs":["https://192.0.2.41:2380"],"name":"etcd1"`.
fn named(line: &str) -> Option<NamedMember> {
    serde_json::from_str(&format!("{{{line}}}")).ok()
}

/// A member publishes where clients reach it as soon as it runs with a quorum.
fn have_run(answers: &Answers, found: &[NamedMember]) -> Result<BTreeSet<String>, String> {
    let text = answers.success("etcd_names")?;
    if let Some(bytes) = text.lines().find_map(|line| line.strip_prefix("unread ")) {
        return Err(format!(
            "its database is large, and {bytes} bytes of it were not read"
        ));
    }
    let published = found.iter().filter(|member| !member.client_urls.is_empty());
    Ok(published.flat_map(|member| member.peer_urls.clone()).collect())
}

impl CertificateFact {
    /// Whether it is in use as it is: with its key, of the host's own authority, and naming all of `names`.
    pub fn is_whole(&self, names: &[String]) -> bool {
        let covers = self
            .names
            .known()
            .is_some_and(|found| names.iter().all(|name| found.contains(name)));
        self.has_key && self.is_signed && covers
    }
}

/// Where an API server has the certificate with which it asks an etcd on other hosts.
pub const CLIENT_CERTIFICATE: &str = "/etc/kubernetes/pki/apiserver-etcd-client.crt";

/// How long a control plane's certificate for asking etcd lasts, in seconds; `None` where it has none, or none that can
/// be read.
pub fn client_left(control_plane: &HostFacts, now_s: i64) -> Option<i64> {
    let file = control_plane.files.get(CLIENT_CERTIFICATE)?.known()?;
    left(file.text()?, now_s).ok()
}

/// What is said of a control plane's certificate for asking etcd where it ends within 90 days.
pub fn client_ending(control_plane: &HostFacts, now_s: i64) -> Option<String> {
    reported(
        "its certificate for asking etcd",
        client_left(control_plane, now_s),
    )
    .map(with_remedy)
}

/// Certificates of a host that end within 90 days, or have ended, each in a few words.
pub fn ending(facts: &EtcdFacts) -> Vec<String> {
    let authority = facts.authority_left.as_ref().and_then(Observed::known).copied();
    let leaves = facts.certificates.iter().filter_map(|(name, leaf)| {
        let left = leaf.left_s.known().copied();
        reported(&format!("etcd's certificate {name}"), left).map(with_remedy)
    });
    reported("etcd's CA", authority)
        .into_iter()
        .chain(leaves)
        .collect()
}

fn reported(name: &str, left: Option<i64>) -> Option<String> {
    let day = 24 * 60 * 60;
    let left = left.filter(|left| *left < SOON)?;
    Some(if left < 0 {
        format!("{name} expired {} days ago", -left / day)
    } else {
        format!("{name} expires in {} days", left / day)
    })
}

fn with_remedy(reported: String) -> String {
    reported + "; apply renews it from 30 days before it expires"
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::pki::{Authority, Leaf};
    use crate::topology::{Host, KeyAlgorithm, Role, any_host};

    /// What etcd 3.4.23 and its etcdctl said, in part.
    const STATUS: &str = r#"[{"Endpoint":"https://127.0.0.1:2379","Status":{"header":{"cluster_id":11054243951348624687,"member_id":17613971200927911513,"revision":1,"raft_term":2},"version":"3.4.23","dbSize":24576,"leader":17613971200927911513,"raftIndex":4,"raftTerm":2}}]"#;
    const MEMBERS: &str = r#"{"header":{"cluster_id":11054243951348624687},"members":[{"ID":17613971200927911513,"name":"etcd1","peerURLs":["https://192.0.2.41:2380"],"clientURLs":["https://192.0.2.41:2379"]},{"ID":5,"name":"etcd2","peerURLs":["https://192.0.2.42:2380"]}]}"#;
    /// A read of one key, where there is none.
    const NO_KEY: &str = r#"{"header":{"cluster_id":11054243951348624687,"member_id":17613971200927911513,"revision":1,"raft_term":2}}"#;
    const HEALTH: &str = r#"[{"endpoint":"https://192.0.2.41:2379","health":true,"took":"3ms"}]"#;

    /// What a database's pages name, old ones among them: etcd1 has published where it is reached.
    const NAMES: &str = r#""peerURLs":["https://192.0.2.41:2380"],"name":"etcd1"
"peerURLs":["https://192.0.2.41:2380"],"name":"etcd1","clientURLs":["https://192.0.2.41:2379"]
"peerURLs":["https://192.0.2.42:2380"],"name":"etcd2""#;

    fn answer(key: &str, text: &str, code: i32) -> String {
        format!(
            "hawser-fact {key} {}\n",
            STANDARD.encode(format!("{text}\n{code}"))
        )
    }

    fn facts(answers: &[String], has_data: bool) -> EtcdFacts {
        let text = [answers.concat(), answer("end", "", 0)].concat();
        read(&Answers::read(text.as_bytes()).unwrap(), has_data).unwrap()
    }

    fn etcd1() -> Host {
        any_host("etcd1", "192.0.2.41", Role::Etcd)
    }

    #[test]
    fn a_host_with_debians_package_and_nothing_else() {
        let host = "now 1795366502\nlistens\nprogram etcd /usr/bin/etcd\nprogram etcdctl /usr/bin/etcdctl\nuser etcd\nFragmentPath=/lib/systemd/system/etcd.service\n";
        let version = "etcd Version: 3.4.23\nGit SHA: Not provided\nGo Version: go1.19.8\n";

        let found = facts(&[answer("etcd_host", host, 0), answer("etcd", version, 0)], false);

        assert_eq!(found.program.as_deref(), Some("/usr/bin/etcd"));
        assert_eq!(found.version, Some(Version::new(3, 4, 23)));
        assert!(found.has_etcdctl && found.has_user && !found.has_authority_key);
        assert!(found.listens);
        assert_eq!((found.authority, found.data), (None, None));
        assert_eq!(
            found.unit_file.as_deref(),
            Some("/lib/systemd/system/etcd.service")
        );
    }

    #[test]
    fn a_member_with_its_certificates() {
        let now = Timestamp::now();
        let authority = Authority::new(KeyAlgorithm::EcdsaP256, now).unwrap();
        let server = authority
            .sign(&Leaf::server(&etcd1()), KeyAlgorithm::EcdsaP256, now)
            .unwrap();
        let host = format!(
            "now {}\nhas {AUTHORITY_KEY}\nhas {PKI}/server.key\nwal AAAA\n",
            now.as_second()
        );
        let certificate = |name: &str, pem: &str| answer("etcd_certificate", &format!("{name}\n{pem}"), 0);

        let found = facts(
            &[
                answer("etcd_host", &host, 0),
                certificate("ca", &authority.pair().certificate),
                certificate("server", &server.certificate),
                answer("etcd_members", MEMBERS, 0),
                answer("etcd_health", HEALTH, 0),
                answer("etcd_status", STATUS, 0),
                answer("etcd_registry", NO_KEY, 0),
                answer("etcd_names", NAMES, 0),
            ],
            true,
        );

        assert!(found.is_well(&etcd1()));
        assert!(found.certificates["server"].is_whole(&Leaf::server(&etcd1()).names));
        assert!(!found.certificates["server"].is_whole(&["192.0.2.99".to_owned()]));
        assert_eq!(
            found.certificates["server"].left_s,
            Observed::Known(365 * 24 * 60 * 60)
        );
        assert_eq!(found.cluster_id, Observed::Known("9968904e4ca52d2f".to_owned()));
        assert_eq!(found.leader, Observed::Known(Some("f471657c0344ce59".to_owned())));
        assert_eq!(found.unpublished, BTreeSet::from(["5".to_owned()]));
        assert_eq!(found.has_registry, Observed::Known(false));
        let data = found.data.unwrap();
        assert_eq!(
            data.members,
            [
                "etcd1 (https://192.0.2.41:2380)",
                "etcd2 (https://192.0.2.42:2380)"
            ]
        );
        let ran = BTreeSet::from(["https://192.0.2.41:2380".to_owned()]);
        assert_eq!(data.have_run, Observed::Known(ran));
        assert!(data.cluster_id.known().is_none(), "four bytes are no log");
    }

    #[test]
    fn a_member_that_does_not_answer_is_not_taken_for_one_that_is_not_there() {
        let silent = |key: &str| answer(key, "", 1);
        let keys = [
            "etcd_members",
            "etcd_health",
            "etcd_status",
            "etcd_registry",
            "etcd_names",
        ];
        let host = answer("etcd_host", "now 1795366502\n", 0);

        let found = facts(&[vec![host], keys.map(silent).to_vec()].concat(), true);

        assert!(found.members.known().is_none() && found.has_registry.known().is_none());
        assert!(!found.is_well(&etcd1()));
        assert!(found.data.unwrap().have_run.known().is_none());
    }

    #[test]
    fn a_database_that_was_not_read_to_its_end_does_not_tell_who_has_not_run() {
        let host = answer("etcd_host", "now 1795366502\n", 0);
        let names = answer("etcd_names", &format!("unread 4096\n{NAMES}"), 0);

        let data = facts(&[host, names], true).data.unwrap();

        assert_eq!(data.members.len(), 2);
        assert!(data.have_run.into_result().unwrap_err().contains("4096 bytes"));
    }
}
