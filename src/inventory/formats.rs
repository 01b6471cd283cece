//! Small formats: versions, modes, owners, hashes, paths.

use super::mistake::Wrong;
use crate::topology::{PodPort, Version};

/// An exact version, `vX.Y.Z` and nothing after it.
pub(super) fn version(text: &str) -> Result<Version, Wrong> {
    let wrong = |label: &str, help: String| {
        Wrong::new(format!("not an exact Kubernetes version: `{text}`"), label, help)
    };
    let example = || "write all three numbers, such as `v1.34.2`".to_owned();
    match text.parse::<Version>() {
        Ok(version) if version.to_string() == text => Ok(version),
        Ok(version) if text == version.to_string().trim_start_matches('v') => {
            Err(wrong("no `v` before it", format!("write `{version}`")))
        }
        Ok(version) => Err(wrong(
            "more than a release's three numbers",
            format!("a release is written `{version}`"),
        )),
        Err(_) => Err(wrong("not of the form vX.Y.Z", example())),
    }
}

/// Permission bits, three octal digits with or without a leading zero.
pub(super) fn mode(text: &str) -> Result<u32, Wrong> {
    let digits = text
        .strip_prefix('0')
        .filter(|rest| rest.len() == 3)
        .unwrap_or(text);
    let is_octal = digits.len() == 3 && digits.chars().all(|c| c.is_digit(8));
    let bits = u32::from_str_radix(digits, 8).ok().filter(|_| is_octal);
    bits.ok_or_else(|| {
        Wrong::new(
            format!("not a file mode: `{text}`"),
            "not three octal digits",
            "write it as chmod takes it, such as \"0600\" or \"0644\"",
        )
    })
}

/// A port and what is spoken there: `179/tcp`, `8472/udp`.
pub(super) fn pod_port(text: &str) -> Result<PodPort, Wrong> {
    let kind = |number: &str, kind: fn(u16) -> PodPort| {
        let number = number.parse().ok().filter(|number| *number > 0);
        number.map(kind)
    };
    let port = match text.split_once('/') {
        Some((number, "tcp")) => kind(number, PodPort::Tcp),
        Some((number, "udp")) => kind(number, PodPort::Udp),
        _ => None,
    };
    port.ok_or_else(|| {
        Wrong::new(
            format!("not a port of the pod network: `{text}`"),
            "not of the form PORT/tcp or PORT/udp",
            "write the number and the protocol, such as \"8472/udp\"",
        )
    })
}

/// `user:group`.
pub(super) fn owner(text: &str) -> Result<String, Wrong> {
    let is_name = |name: &str| {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        !name.is_empty() && !name.starts_with('-') && name.chars().all(legal)
    };
    match text.split_once(':') {
        Some((user, group)) if is_name(user) && is_name(group) => Ok(text.to_owned()),
        _ => Err(Wrong::new(
            format!("not an owner: `{text}`"),
            "not of the form user:group",
            "write both, such as \"root:root\"",
        )),
    }
}

/// A SHA-256, in lower case.
pub(super) fn sha256(text: &str) -> Result<String, Wrong> {
    let is_hexadecimal = text.chars().all(|c| c.is_ascii_hexdigit());
    if is_hexadecimal && text.len() == 64 {
        return Ok(text.to_ascii_lowercase());
    }
    let label = match text.chars().find(|c| !c.is_ascii_hexdigit()) {
        Some(c) => format!("`{c}` is no hexadecimal digit"),
        None => format!("{} digits instead of 64", text.len()),
    };
    Err(Wrong::new(
        "not a SHA-256",
        label,
        "write the 64 hexadecimal digits that `sha256sum FILE` prints",
    ))
}

/// A file's absolute path on a host.
pub(super) fn absolute_path(text: &str) -> Result<String, Wrong> {
    let wrong = |label: &str| {
        Wrong::new(
            format!("not the path of a file on a host: `{text}`"),
            label,
            "write a full path, such as `/etc/kubernetes/audit-policy.yaml`",
        )
    };
    if !text.starts_with('/') {
        Err(wrong("does not start with `/`"))
    } else if text.ends_with('/') {
        Err(wrong("names a folder"))
    } else if text.split('/').any(|part| part == ".." || part == ".") {
        Err(wrong("has a `.` or `..` in it"))
    } else if text.chars().any(char::is_control) {
        Err(wrong("has a control character in it"))
    } else {
        Ok(text.to_owned())
    }
}

/// A folder's absolute path on a host; `such` is an example.
pub(super) fn folder(such: &str, text: &str) -> Result<String, Wrong> {
    let trimmed = text.trim_end_matches('/');
    absolute_path(if trimmed.is_empty() { text } else { trimmed }).map_err(|wrong| Wrong {
        message: format!("not the path of a folder on a host: `{text}`"),
        help: format!("write a full path, such as `{such}`"),
        ..wrong
    })
}

/// A network interface's name, by the kernel's rules (`IFNAMSIZ` is 16).
pub(super) fn interface(text: &str) -> Result<String, Wrong> {
    let is_legal = |c: char| c.is_ascii_graphic() && !matches!(c, '/' | ':');
    if !text.is_empty() && text.len() <= 15 && text.chars().all(is_legal) {
        return Ok(text.to_owned());
    }
    Err(Wrong::new(
        format!("not an interface's name: `{text}`"),
        "not 1 to 15 characters without space, `/` and `:`",
        "`ip -brief address` on the balancer shows them; leave the key out to have it found",
    ))
}

/// An image repository: host, optional port and path, without scheme and tag.
pub(super) fn image_repository(text: &str) -> Result<String, Wrong> {
    let wrong =
        |label: &str, help: String| Wrong::new(format!("not an image repository: `{text}`"), label, help);
    let is_legal = |c: char| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_' | '/' | ':' | '[' | ']')
    };
    if let Some((_, rest)) = text.split_once("://") {
        return Err(wrong(
            "has a scheme",
            format!("write `{}`", rest.trim_end_matches('/')),
        ));
    }
    if text.ends_with('/') {
        return Err(wrong(
            "ends with `/`",
            format!("write `{}`", text.trim_end_matches('/')),
        ));
    }
    if text.is_empty() || text.starts_with('/') || !text.chars().all(is_legal) {
        return Err(wrong(
            "has characters that no repository has",
            "write a host and a path in lower case, such as `registry.example.org/kubernetes`".to_owned(),
        ));
    }
    Ok(text.to_owned())
}

pub(super) fn cri_socket(text: &str) -> Result<String, Wrong> {
    match text.strip_prefix("unix://") {
        Some(path) if path.starts_with('/') => Ok(text.to_owned()),
        _ => Err(Wrong::new(
            format!("not a socket's address: `{text}`"),
            "does not start with `unix:///`",
            "containerd's is `unix:///run/containerd/containerd.sock`, CRI-O's `unix:///var/run/crio/crio.sock`",
        )),
    }
}

pub(super) fn user(text: &str) -> Result<String, Wrong> {
    let is_legal = |c: char| c.is_ascii_graphic() && !matches!(c, ':' | '/' | '@' | '\'' | '"');
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(is_legal) {
        return Ok(text.to_owned());
    }
    Err(Wrong::new(
        format!("not a login user: `{text}`"),
        "empty, or with a character that no user's name has",
        "write the name alone, such as `ops`; the host goes into `address`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_exact() {
        assert_eq!(version("v1.34.2").unwrap(), Version::new(1, 34, 2));
        assert_eq!(version("1.34.2").unwrap_err().help, "write `v1.34.2`");
        assert!(version("v1.34").is_err());
        assert!(version("v1.34.2-rc.1").is_err());
        assert!(version("v01.34.2").is_err());
        assert!(version("latest").is_err());
    }

    #[test]
    fn a_mode_is_octal() {
        assert_eq!(mode("0600").unwrap(), 0o600);
        assert_eq!(mode("644").unwrap(), 0o644);
        assert!(mode("0800").is_err());
        assert!(mode("rw-r--r--").is_err());
        assert!(mode("4755").is_err());
        assert!(mode("+12").is_err());
    }

    #[test]
    fn a_path_on_a_host_is_absolute_and_plain() {
        assert!(absolute_path("/etc/kubernetes/audit.yaml").is_ok());
        assert!(absolute_path("etc/audit.yaml").is_err());
        assert!(absolute_path("/etc/").is_err());
        assert!(absolute_path("/etc/../root/x").is_err());
    }

    #[test]
    fn a_repository_has_no_scheme() {
        assert!(image_repository("registry.example.org:5000/k8s").is_ok());
        assert_eq!(
            image_repository("https://r.example/k8s/").unwrap_err().help,
            "write `r.example/k8s`"
        );
    }

    #[test]
    fn an_owner_is_user_and_group() {
        assert!(owner("root:root").is_ok());
        assert!(owner("root").is_err());
        assert!(owner("root:").is_err());
        assert!(owner("-R:root").is_err());
    }
}
