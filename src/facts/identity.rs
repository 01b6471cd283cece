//! How etcd names a cluster: a number that is made once, from the members with which it began.

use serde::Serialize;
use sha1::{Digest, Sha1};

/// Whose data it is that lies in a data directory of etcd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EtcdIdentity {
    /// The cluster's id, hexadecimal.
    pub cluster: String,
    /// The member's id, hexadecimal.
    pub member: String,
}

/// The identity of a cluster that begins with these peer URLs, one of each member, and this token.
///
/// Source: etcd's `membership.NewMember` and `RaftCluster.genID`: the first eight bytes of SHA-1, over URL and token
/// for a member, over all members' numbers in order for the cluster.
pub fn cluster_id<'a>(peer_urls: impl IntoIterator<Item = &'a str>, token: &str) -> String {
    let mut members: Vec<u64> = peer_urls
        .into_iter()
        .map(|url| first_eight(&[url.as_bytes(), token.as_bytes()].concat()))
        .collect();
    members.sort_unstable();
    let bytes: Vec<u8> = members.iter().flat_map(|member| member.to_be_bytes()).collect();
    format!("{:x}", first_eight(&bytes))
}

fn first_eight(bytes: &[u8]) -> u64 {
    let digest = Sha1::digest(bytes);
    digest
        .iter()
        .take(8)
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The member and the cluster that the beginning of a write-ahead log names. `Err` if it names none.
///
/// Source: etcd's `wal` package: frames of a length of eight bytes (the lowest 56 bits) and a protobuf record; the
/// record of type 1 holds the metadata (`etcdserverpb.Metadata`), of which field 1 is the member and field 2 the
/// cluster. Each segment of a log begins with it.
pub(super) fn of_log(log: &[u8]) -> Result<EtcdIdentity, String> {
    const LENGTH: u64 = (1 << 56) - 1;
    let mut rest = log;
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        let frame = u64::from_le_bytes(*head);
        let length = usize::try_from(frame & LENGTH).unwrap_or(usize::MAX);
        let padding = usize::try_from(frame >> 56 & 7).unwrap_or_default();
        let Some(record) = after.get(..length).filter(|record| !record.is_empty()) else {
            break;
        };
        let fields = fields(record);
        if let (Some(Field::Number(1)), Some(Field::Bytes(metadata))) = (find(&fields, 1), find(&fields, 3)) {
            let metadata = self::fields(metadata);
            if let (Some(Field::Number(member)), Some(Field::Number(cluster))) =
                (find(&metadata, 1), find(&metadata, 2))
            {
                return Ok(EtcdIdentity {
                    cluster: format!("{cluster:x}"),
                    member: format!("{member:x}"),
                });
            }
        }
        rest = after.get(length + padding..).unwrap_or_default();
    }
    Err("its write-ahead log does not begin as etcd's do".to_owned())
}

enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn find<'f, 'a>(fields: &'f [(u64, Field<'a>)], number: u64) -> Option<&'f Field<'a>> {
    fields
        .iter()
        .find(|(found, _)| *found == number)
        .map(|(_, field)| field)
}

/// The fields of a protobuf message, as far as they are numbers and bytes.
fn fields(mut message: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut fields = Vec::new();
    while let Some(key) = varint(&mut message) {
        let Some(value) = varint(&mut message) else { break };
        match key & 7 {
            0 => fields.push((key >> 3, Field::Number(value))),
            2 => {
                let length = usize::try_from(value).unwrap_or(usize::MAX);
                let Some((bytes, rest)) = message.split_at_checked(length) else {
                    break;
                };
                fields.push((key >> 3, Field::Bytes(bytes)));
                message = rest;
            }
            _ => break,
        }
    }
    fields
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// What etcd 3.4.23 called a cluster of one member, begun with `--initial-cluster-token demo`.
    const ID: u64 = 11_054_243_951_348_624_687;

    /// What it called its one member.
    const MEMBER: u64 = 17_613_971_200_927_911_513;

    /// The first 256 bytes of its write-ahead log.
    const LOG: &str = "BAAAAAAAAIQIBBAAAAAAACAAAAAAAAAACAEQ+e+T/A0aFgjZnJOawK/ZuPQBEK/alOXkiaS0mQEOAAAAAAAAgggFENfg9eMPGgQIABAAAABzAAAAAAAAhQgCEPzHtcAMGmkIARABGAEiYQgAEAAY2ZyTmsCv2bj0ASJQeyJpZCI6MTc2MTM5NzEyMDA5Mjc5MTE1MTMsInBlZXJVUkxzIjpbImh0dHA6Ly8xMjcuMC4wLjE6MTIzODAiXSwibmFtZSI6ImV0Y2QxIn0AAAAAABAAAAAAAAAACAMQp+D6mAcaBggBEAAYARAAAAAAAAAACAIQjtDA5AQaBggAEAIYAg==";

    #[test]
    fn a_clusters_identity_is_the_one_that_etcd_gives() {
        assert_eq!(cluster_id(["http://127.0.0.1:12380"], "demo"), format!("{ID:x}"));
        assert_ne!(cluster_id(["http://127.0.0.1:12380"], "other"), format!("{ID:x}"));
    }

    #[test]
    fn the_order_of_members_does_not_matter() {
        let urls = [
            "https://192.0.2.41:2380",
            "https://192.0.2.42:2380",
            "https://192.0.2.43:2380",
        ];
        let turned = urls.into_iter().rev();

        assert_eq!(cluster_id(urls, "demo"), cluster_id(turned, "demo"));
    }

    #[test]
    fn a_log_names_its_cluster_and_its_member() {
        let identity = EtcdIdentity {
            cluster: format!("{ID:x}"),
            member: format!("{MEMBER:x}"),
        };
        assert_eq!(of_log(&STANDARD.decode(LOG).unwrap()), Ok(identity));
    }

    #[test]
    fn a_log_that_is_cut_or_none_names_nothing() {
        let log = STANDARD.decode(LOG).unwrap();
        for end in 0..50 {
            assert!(of_log(&log[..end]).is_err(), "{end}");
        }
        assert!(of_log(&[0xff; 256]).is_err());
        assert!(of_log(&[0; 256]).is_err());
    }
}
