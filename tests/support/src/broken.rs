//! Something on a host that is broken, and whole again when it is dropped: also when the test fails.

use crate::host;
use crate::seen::SETTLED;
use crate::wait::until;

/// Something that is broken.
pub struct Broken {
    host: String,
    mend: String,
}

impl Drop for Broken {
    fn drop(&mut self) {
        let ran = host::try_exec(&self.host, &self.mend);
        let is_whole = ran.code == Some(0) || std::thread::panicking();
        assert!(is_whole, "{} is not whole again: {}", self.host, ran.reply());
    }
}

/// Breaks something by one script, to be mended by another.
pub fn broken(name: &str, how: &str, mend: &str) -> Broken {
    let broken = Broken {
        host: name.to_owned(),
        mend: mend.to_owned(),
    };
    host::exec(name, how);
    broken
}

/// A rule at the head of a host's firewall.
pub fn rule(name: &str, rule: &str) -> Broken {
    broken(
        name,
        &format!("iptables -I {rule}"),
        &format!("iptables -D {rule}"),
    )
}

/// Programs that are not there.
pub fn without(name: &str, programs: &[&str]) -> Broken {
    let list = programs.join(" ");
    // Who logs in with a shell that is not there does not log in. Copied, as a host's file system may keep both names
    // of a program that was renamed and renamed back.
    let hide = format!(
        "usermod -s /bin/sh root
         for name in {list}; do for path in /usr/bin/$name /usr/sbin/$name; do
           [ ! -e $path ] || {{ cp -a $path $path.away; rm $path; }}; done; done"
    );
    let bring = format!(
        "for name in {list}; do for path in /usr/bin/$name /usr/sbin/$name; do
           [ ! -e $path.away ] || {{ cp -a $path.away $path; rm $path.away; }}; done; done
         usermod -s /bin/bash root"
    );
    broken(name, &hide, &bring)
}

/// A file with other content.
pub fn file(name: &str, path: &str, edit: &str) -> Broken {
    broken(
        name,
        &format!("cp -a {path} {path}.whole; {edit}"),
        &format!("cat {path}.whole >{path}; rm {path}.whole"),
    )
}

/// A unit that does not run.
pub fn stopped(name: &str, unit: &str) -> Broken {
    broken(
        name,
        &format!("systemctl stop {unit}"),
        &format!("systemctl start {unit}"),
    )
}

/// Somebody who listens at a port.
pub fn listens(name: &str, port: u16) -> Broken {
    let unit = format!("taken-{port}");
    broken(
        name,
        &format!(
            "systemd-run -q --unit {unit} socat TCP-LISTEN:{port},fork,reuseaddr SYSTEM:true
             until ss -Hltn | grep -q ':{port} '; do sleep 0.1; done"
        ),
        &format!("systemctl stop {unit}"),
    )
}

/// A file that is not there.
pub fn moved(name: &str, from: &str) -> Broken {
    broken(
        name,
        &format!("mv {from} {from}.away"),
        &format!("mv {from}.away {from}"),
    )
}

/// A program in another's place that says something else.
pub fn says(name: &str, program: &str, words: &str) -> Broken {
    broken(
        name,
        &format!(
            "mv {program} {program}.away; printf '#!/bin/sh\\necho {words}\\n' >{program}; chmod 755 {program}"
        ),
        &format!("mv {program}.away {program}"),
    )
}

/// Whoever logs in finds a machine like this: a setting of systemd's for sshd and all that it starts.
pub fn logins_with(name: &str, setting: &str) -> Broken {
    let file = "/etc/systemd/system/ssh.service.d/broken.conf";
    let restart = "systemctl daemon-reload; systemctl restart ssh";
    broken(
        name,
        &format!("printf '[Service]\\n{setting}\\n' >{file}; {restart}"),
        &format!("rm {file}; {restart}"),
    )
}

/// Another text in the place of one that the kernel writes.
pub fn kernel_says(name: &str, path: &str, edit: &str) -> Broken {
    broken(
        name,
        &format!("path=$(readlink -f {path}); {edit} <$path >/run/said; mount --bind /run/said $path"),
        &format!("umount $(readlink -f {path}); rm /run/said"),
    )
}

/// Waits until a host no longer remembers the network card of a neighbour that has gone. One with which it has spoken
/// in the last half minute it does not ask for (arp(7)), and waits in vain instead.
pub fn forgets(name: &str, gone: &str) {
    let ask =
        format!("ip neigh flush to {gone}; LC_ALL=C timeout 5 bash -c 'exec 3<>/dev/tcp/{gone}/22' 2>&1");
    until(&format!("{name} knows no way to {gone}"), SETTLED, || {
        let ran = host::try_exec(name, &ask);
        let is_gone = ran.stdout.contains("No route to host");
        is_gone.then_some(()).ok_or_else(|| ran.reply())
    });
}
