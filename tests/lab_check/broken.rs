//! Something on a host that is broken, and whole again when it is dropped: also when the test fails.

use crate::support::host;

/// Something that is broken.
pub(crate) struct Broken {
    host: String,
    mend: String,
}

impl Drop for Broken {
    fn drop(&mut self) {
        let ran = host::try_exec(&self.host, &self.mend);
        let is_whole = ran.code == Some(0) || std::thread::panicking();
        assert!(is_whole, "{} is not whole again: {}", self.host, ran.said());
    }
}

/// Breaks something by one script, to be mended by another.
pub(crate) fn broken(name: &str, how: &str, mend: &str) -> Broken {
    let broken = Broken {
        host: name.to_owned(),
        mend: mend.to_owned(),
    };
    host::exec(name, how);
    broken
}

/// A rule at the head of a host's firewall.
pub(crate) fn rule(name: &str, rule: &str) -> Broken {
    broken(
        name,
        &format!("iptables -I {rule}"),
        &format!("iptables -D {rule}"),
    )
}

/// Programs that are not there.
pub(crate) fn without(name: &str, programs: &[&str]) -> Broken {
    let list = programs.join(" ");
    // Who logs in with a shell that is not there does not log in.
    let hide = format!(
        "usermod -s /bin/sh root
         for name in {list}; do for path in /usr/bin/$name /usr/sbin/$name; do
           [ ! -e $path ] || mv $path $path.away; done; done"
    );
    let bring = format!(
        "for name in {list}; do for path in /usr/bin/$name /usr/sbin/$name; do
           [ ! -e $path.away ] || mv $path.away $path; done; done
         usermod -s /bin/bash root"
    );
    broken(name, &hide, &bring)
}

/// A file with other content.
pub(crate) fn file(name: &str, path: &str, edit: &str) -> Broken {
    broken(
        name,
        &format!("cp -a {path} {path}.whole; {edit}"),
        &format!("cat {path}.whole >{path}; rm {path}.whole"),
    )
}

/// A unit that does not run.
pub(crate) fn stopped(name: &str, unit: &str) -> Broken {
    broken(
        name,
        &format!("systemctl stop {unit}"),
        &format!("systemctl start {unit}"),
    )
}
