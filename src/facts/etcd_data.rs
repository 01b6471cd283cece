//! Where data of etcd lies on a host, and whose it is: as the data itself says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::identity::{self, EtcdIdentity};
use super::{MemberFact, Observed};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EtcdDirectory {
    /// Its path; the data is in `member` below it.
    pub path: String,
    pub owner: Observed<EtcdIdentity>,
    /// SHA-256 of the beginning of the log that names the owner, hexadecimal: by it a script finds the same data again.
    pub sha256: String,
}

impl EtcdDirectory {
    /// Reads a line of the probe: the beginning of the log in Base64, a blank, and the path, which may have blanks.
    pub(super) fn read(line: &str) -> Self {
        let (log, path) = line.split_once(' ').unwrap_or(("", line));
        let log = STANDARD.decode(log).unwrap_or_default();
        let owner = if log.is_empty() {
            Err("no write-ahead log names its owner".to_owned())
        } else {
            identity::of_log(&log)
        };
        Self {
            path: path.to_owned(),
            owner: owner.into(),
            sha256: hex::encode(Sha256::digest(&log)),
        }
    }

    /// Whether it stands for a directory that the host's manifest of etcd names in a way that was not understood.
    pub fn is_unreported(&self) -> bool {
        !self.path.starts_with('/')
    }

    /// Whether it is the data of a listed member of the cluster with this id. What is unknown is not.
    pub fn is_of(&self, cluster: &Observed<String>, member: &MemberFact) -> bool {
        let (Some(owner), Some(cluster)) = (self.owner.known(), cluster.known()) else {
            return false;
        };
        owner.cluster == *cluster && owner.member == member.id
    }

    /// Whose it is, in a few words.
    pub fn describe_owner(&self) -> String {
        match &self.owner {
            Observed::Known(owner) => {
                format!("member {} of the etcd cluster {}", owner.member, owner.cluster)
            }
            Observed::Unknown(why) => format!("a member that is unknown ({why})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Health;

    /// The beginning of the log of etcd 3.4.23, cluster 9968b0a5bb93f1af.
    const LOG: &str =
        "BAAAAAAAAIQIBBAAAAAAACAAAAAAAAAACAEQ+e+T/A0aFgjZnJOawK/ZuPQBEK/alOXkiaS0mQEOAAAAAAAAgg==";

    fn directory() -> EtcdDirectory {
        EtcdDirectory::read(&format!("{LOG} /var/lib/etcd"))
    }

    fn member(id: &str) -> MemberFact {
        MemberFact {
            id: id.to_owned(),
            name: String::new(),
            peer_urls: vec![],
            learner: false,
            health: Health::Healthy,
        }
    }

    #[test]
    fn data_belongs_to_a_member_only_if_cluster_and_member_are_known_and_the_same() {
        let found = directory();
        let owner = found.owner.known().unwrap().clone();
        let cluster = Observed::Known(owner.cluster);
        assert_eq!(found.path, "/var/lib/etcd");

        assert!(found.is_of(&cluster, &member(&owner.member)));
        assert!(!found.is_of(&cluster, &member("1")), "another member's");
        assert!(!found.is_of(&Observed::Known("1".to_owned()), &member(&owner.member)));
        assert!(
            !found.is_of(&Observed::default(), &member(&owner.member)),
            "the cluster's id is unknown"
        );
    }

    #[test]
    fn data_that_names_nobody_belongs_to_nobody() {
        for line in [" /var/lib/etcd", "AAAA /var/lib/etcd", "garbled /var/lib/etcd"] {
            let found = EtcdDirectory::read(line);

            assert!(matches!(found.owner, Observed::Unknown(_)), "{line}");
            assert_eq!(found.path, "/var/lib/etcd");
        }
    }
}
