//! `ProxyJump`: hosts on the path to a host.

use super::line::Mistake;

/// One host of `ProxyJump`; what is not written, its part of the configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jump {
    pub user: Option<String>,
    /// A name, an address without brackets, or an alias of the configuration.
    pub host: String,
    pub port: Option<u16>,
}

/// The hosts in the order in which they are reached; `none` is no host.
pub(super) fn read_jumps(rest: &str) -> Result<Vec<Jump>, Mistake> {
    let text = rest.split('#').next().unwrap_or_default().trim_end();
    if text.eq_ignore_ascii_case("none") {
        return Ok(vec![]);
    }
    let read = |hop| {
        let hint = "write `ProxyJump [user@]host[:port]`, several with commas and no blanks";
        read_jump(hop).ok_or_else(|| Mistake::with_hint(format!("`{hop}` is not a jump host"), hint))
    };
    text.split(',').map(read).collect()
}

fn read_jump(hop: &str) -> Option<Jump> {
    if hop.contains(char::is_whitespace) {
        return None;
    }
    let (user, place) = match hop.strip_prefix("ssh://") {
        Some(uri) => {
            let uri = uri.strip_suffix('/').unwrap_or(uri);
            let (user, place) = split_user(uri, uri.find('@'));
            let user = user.map(|user| user.split(';').next().unwrap_or_default());
            // What is encoded in a URI is not read.
            let is_plain = is_domain(place) && !user.is_some_and(|user| user.contains(['%', '+']));
            (user, is_plain.then_some(place)?)
        }
        None => split_user(hop, hop.rfind('@')),
    };
    let (host, port) = split_port(place)?;
    let is_named = !host.is_empty() && user != Some("");
    is_named.then_some(())?;
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let port = if port.is_empty() {
        None
    } else {
        Some(port.parse().ok().filter(|port| *port != 0)?)
    };
    Some(Jump {
        user: user.map(str::to_owned),
        host: host.to_owned(),
        port,
    })
}

/// What is before and after `@`.
fn split_user(hop: &str, at: Option<usize>) -> (Option<&str>, &str) {
    let parts = at.map(|at| hop.split_at(at));
    parts.map_or((None, hop), |(user, place)| {
        (Some(user), place.strip_prefix('@').unwrap_or(place))
    })
}

/// Host and port of `host:port` or `[address]:port`; the port may be empty.
fn split_port(place: &str) -> Option<(&str, &str)> {
    let end = if place.starts_with('[') {
        place.find(']')? + 1
    } else {
        place.find([':', '/']).unwrap_or(place.len())
    };
    let (host, rest) = place.split_at(end);
    match rest.strip_prefix(':') {
        Some(port) => Some((host, port)),
        None => rest.is_empty().then_some((host, "")),
    }
}

/// What may be the host of a URI.
fn is_domain(place: &str) -> bool {
    let host = place.split(':').next().unwrap_or_default();
    let is_start = |c: char| c.is_ascii_alphanumeric() || c == '_';
    host.starts_with(is_start)
        && host.chars().all(|c| is_start(c) || c == '-' || c == '.')
        && !host.contains("..")
}
