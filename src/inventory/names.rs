//! Names by Kubernetes' and DNS's rules: hosts, domains, labels, taints.

use std::net::IpAddr;

use super::mistake::Wrong;
use super::wording::nearest;
use crate::topology::{HostName, Taint};

/// A host's name: RFC 1123, short enough for Linux' own limit of 64.
pub(super) fn host_name(text: &str) -> Result<HostName, Wrong> {
    match subdomain_fault(text)
        .or_else(|| (text.len() > 63).then(|| "is longer than 63 characters".to_owned()))
    {
        None => Ok(HostName::from(text)),
        Some(fault) => Err(bad_name("a host's name", text, &fault)),
    }
}

/// A DNS name, in lower case; not an IP address.
pub(super) fn dns_name(what: &str, text: &str) -> Result<String, Wrong> {
    match subdomain_fault(text) {
        None => Ok(text.to_owned()),
        Some(fault) => Err(bad_name(what, text, &fault)),
    }
}

/// A DNS name or an IP address, for a certificate or a connection.
pub(super) fn dns_name_or_address(what: &str, text: &str) -> Result<String, Wrong> {
    if text.parse::<IpAddr>().is_ok() {
        return Ok(text.to_owned());
    }
    dns_name(what, text)
}

pub(super) fn address(what: &str, text: &str) -> Result<IpAddr, Wrong> {
    let label = match text.split_once('/') {
        Some(_) => "has a prefix length",
        None => "no IPv4 or IPv6 address",
    };
    let help = match text.split_once('/') {
        Some((bare, _)) => format!("write the address alone: `{bare}`"),
        None => "write an address such as 192.0.2.21 or 2001:db8::21".to_owned(),
    };
    text.parse()
        .map_err(|_| Wrong::new(format!("{what} is not an IP address: `{text}`"), label, help))
}

/// A label's key: `name` or `prefix/name`.
pub(super) fn qualified_name(what: &str, text: &str) -> Result<(), Wrong> {
    let (prefix, name) = text
        .split_once('/')
        .map_or((None, text), |(prefix, name)| (Some(prefix), name));
    let fault = prefix
        .and_then(|prefix| subdomain_fault(prefix).map(|fault| format!("the part before `/` {fault}")))
        .or_else(|| {
            if name.is_empty() {
                Some("is empty".to_owned())
            } else {
                word_fault(name)
            }
        });
    fault.map_or(Ok(()), |fault| {
        Err(Wrong::new(
            format!("{what} is not valid: `{text}`"),
            fault,
            "write `name` or `dns.prefix/name`; names are letters, digits, `-`, `_` and `.`, at most 63",
        ))
    })
}

/// A label's value: empty, or as a name.
pub(super) fn label_value(what: &str, text: &str) -> Result<(), Wrong> {
    word_fault(text).map_or(Ok(()), |fault| {
        Err(Wrong::new(
            format!("{what} is not valid: `{text}`"),
            fault,
            "a value is empty, or letters, digits, `-`, `_` and `.`, at most 63; longer text is for annotations",
        ))
    })
}

/// `key=value:Effect` or `key:Effect`.
pub(super) fn taint(text: &str) -> Result<Taint, Wrong> {
    let example = "write `key=value:Effect` or `key:Effect`, such as `dedicated=db:NoSchedule`";
    let Some((pair, effect)) = text.rsplit_once(':') else {
        return Err(Wrong::new(
            format!("a taint without an effect: `{text}`"),
            "no `:Effect` at its end",
            example,
        ));
    };
    if !EFFECTS.contains(&effect) {
        let help = nearest(effect, EFFECTS).map_or_else(
            || "the effects are NoSchedule, PreferNoSchedule and NoExecute".to_owned(),
            |near| format!("did you mean `{pair}:{near}`?"),
        );
        return Err(Wrong::new(
            format!("a taint of no known effect: `{effect}`"),
            "not an effect",
            help,
        ));
    }
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    qualified_name("a taint's key", key)?;
    label_value("a taint's value", value)?;
    Ok(Taint {
        key: key.to_owned(),
        value: value.to_owned(),
        effect: effect.to_owned(),
    })
}

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

fn bad_name(what: &str, text: &str, fault: &str) -> Wrong {
    let fixed: String = text
        .to_lowercase()
        .replace(['_', ' '], "-")
        .trim_matches(['-', '.'])
        .to_owned();
    let help = if subdomain_fault(&fixed).is_none() && fixed.len() <= 63 {
        format!("write `{fixed}`")
    } else {
        "RFC 1123: lower-case letters, digits and `-`, in parts joined by `.`".to_owned()
    };
    Wrong::new(format!("{what} is not a DNS name: `{text}`"), fault, help)
}

/// What is wrong with an RFC 1123 subdomain.
fn subdomain_fault(text: &str) -> Option<String> {
    let strange = |c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.');
    if text.is_empty() {
        return Some("is empty".to_owned());
    }
    if let Some(c) = text.chars().find(|c| c.is_uppercase()) {
        return Some(format!("has an upper-case letter, `{c}`"));
    }
    if let Some(c) = text.chars().find(|c| strange(*c)) {
        return Some(format!("has a character that no DNS name has, `{c}`"));
    }
    if text.len() > 253 {
        return Some("is longer than 253 characters".to_owned());
    }
    text.split('.').find_map(|part| match part {
        "" => Some("has an empty part".to_owned()),
        part if part.starts_with('-') || part.ends_with('-') => {
            Some("starts or ends a part with `-`".to_owned())
        }
        part if part.len() > 63 => Some("has a part of more than 63 characters".to_owned()),
        _ => None,
    })
}

/// What is wrong with a label's name or value; empty is right.
fn word_fault(text: &str) -> Option<String> {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let succeeds = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    match text.chars().find(|c| !inner(*c)) {
        Some(c) => Some(format!("has a character that is not allowed, `{c}`")),
        None if text.len() > 63 => Some("is longer than 63 characters".to_owned()),
        None if !succeeds(text.chars().next()) || !succeeds(text.chars().last()) => {
            Some("does not start and end with a letter or digit".to_owned())
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_name_is_rfc_1123_and_a_bad_one_is_mended() {
        assert_eq!(host_name("cp-1.example").unwrap(), HostName::from("cp-1.example"));
        assert_eq!(host_name("CP_1").unwrap_err().help, "write `cp-1`");
        assert_eq!(
            host_name("-cp1").unwrap_err().label,
            "starts or ends a part with `-`"
        );
        assert_eq!(host_name("").unwrap_err().label, "is empty");
        assert!(host_name(&"a".repeat(64)).is_err());
    }

    #[test]
    fn a_taint_has_key_value_and_effect() {
        let taint = |text: &str| super::taint(text).map(|taint| (taint.key, taint.value, taint.effect));
        let owned =
            |key: &str, value: &str, effect: &str| (key.to_owned(), value.to_owned(), effect.to_owned());

        assert_eq!(
            taint("dedicated=db:NoSchedule"),
            Ok(owned("dedicated", "db", "NoSchedule"))
        );
        assert_eq!(
            taint("example.org/gpu:NoExecute"),
            Ok(owned("example.org/gpu", "", "NoExecute"))
        );
        assert_eq!(
            taint("a=b:NoSchedul").unwrap_err().help,
            "did you mean `a=b:NoSchedule`?"
        );
        assert!(taint("dedicated=db").is_err());
        assert!(taint("=db:NoSchedule").is_err());
    }

    #[test]
    fn labels_follow_kubernetes_rules() {
        assert!(qualified_name("a label", "topology.kubernetes.io/zone").is_ok());
        assert!(qualified_name("a label", "Disk_Type").is_ok());
        assert!(qualified_name("a label", "Example.org/zone").is_err());
        assert!(qualified_name("a label", "a/b/c").is_err());
        assert!(label_value("a label", "").is_ok());
        assert!(label_value("a label", "rack 4").is_err());
        assert!(label_value("a label", "-a").is_err());
    }

    #[test]
    fn an_address_with_a_prefix_length_is_mended() {
        assert_eq!(
            address("vip", "192.0.2.10/24").unwrap_err().help,
            "write the address alone: `192.0.2.10`"
        );
    }
}
