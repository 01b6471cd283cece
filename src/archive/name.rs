//! An image's name in full, as the container runtime keeps it.

/// The name with its registry and its tag: `busybox` is `docker.io/library/busybox:latest`.
pub fn normalised(name: &str) -> String {
    let (first, rest) = name.split_once('/').unwrap_or(("", name));
    let has_registry = first.contains(['.', ':']) || first == "localhost";
    let full = match (has_registry, first.is_empty()) {
        (true, _) => name.to_owned(),
        (false, true) => format!("docker.io/library/{rest}"),
        (false, false) => format!("docker.io/{name}"),
    };
    let last = full.rsplit('/').next().unwrap_or_default();
    if last.contains([':', '@']) {
        full
    } else {
        format!("{full}:latest")
    }
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn what_a_short_name_leaves_out_is_added() {
        for (short, full) in [
            ("busybox", "docker.io/library/busybox:latest"),
            ("busybox:1.36", "docker.io/library/busybox:1.36"),
            ("calico/node:v3.30.0", "docker.io/calico/node:v3.30.0"),
            ("registry.k8s.io/pause", "registry.k8s.io/pause:latest"),
            ("localhost/a:1", "localhost/a:1"),
            ("registry:5000/a", "registry:5000/a:latest"),
            ("quay.io/a/b@sha256:00", "quay.io/a/b@sha256:00"),
        ] {
            assert_eq!(normalised(short), full);
        }
    }
}
