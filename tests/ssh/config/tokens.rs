//! Tokens where `ssh -G` shows them as they are written: which files `ssh -v` opens, and what a command receives.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use hawser::ssh_config::{Proxy, Settings};

use super::{MayRun, Workstation, alias, shown};

const IDENTITIES: &str = "~/x y/%%h-%h-%n-%p-%r-%u-%i-%k FOLDER/%d/%L ${HAWSER_KEYS}/%l FOLDER/%C none ~";

/// Settings in which each token has another value.
const HOST: &str = "Host web1\n  HostName %h.Example\n  Port 2200\n  User ops\n  HostKeyAlias Keys\n";

fn settings(workstation: &Workstation) -> Settings {
    workstation.read(&alias("web1"), MayRun::No).unwrap()
}

/// Files that `ssh -v` names behind a word.
fn opened(output: &str, what: &str) -> Vec<PathBuf> {
    let names = output
        .lines()
        .filter_map(|line| line.split_once(what)?.1.rsplit_once(" type "));
    names
        .map(|(path, _)| PathBuf::from(path))
        .filter(|path| !shown(path).ends_with("-cert"))
        .collect()
}

#[test]
fn identities_and_certificates_are_the_files_that_ssh_opens() {
    let Some(workstation) = Workstation::new() else {
        return;
    };
    for keyword in ["IdentityFile", "CertificateFile"] {
        let lines: Vec<String> = IDENTITIES
            .replace("~/x y/", "~/x\ty/")
            .split(' ')
            .filter(|file| keyword == "IdentityFile" || *file != "none")
            .map(|file| format!("  {keyword} \"{}\"\n", file.replace('\t', " ")))
            .collect();
        workstation.write(
            "config",
            &format!("{HOST}  ProxyCommand true\n{}", lines.concat()),
        );

        let output = workstation.ssh(&["-v", "web1"]);

        let output = String::from_utf8_lossy(&output.stderr).into_owned();
        let ours = settings(&workstation);
        let (theirs, ours) = if keyword == "IdentityFile" {
            (opened(&output, "identity file "), ours.identity_files.unwrap())
        } else {
            (opened(&output, "certificate file "), ours.certificate_files)
        };
        let ours: Vec<PathBuf> = ours.into_iter().map(|file| file.value).collect();
        assert_eq!(theirs.len(), 5, "{output}");
        assert_eq!(ours, theirs, "{output}");
    }
}

#[test]
fn a_command_receives_the_tokens_that_ssh_gives_it() {
    let Some(workstation) = Workstation::new() else {
        return;
    };
    // The shell keeps its output open until it has written: ssh ends it when that is closed.
    let command = "sh -c 'echo \"$@\" >FOLDER/said' sh p%% %h %n %p %r %k '$X' \"a  b\"";
    workstation.write("config", &format!("{HOST}  ProxyCommand {command}\n"));

    workstation.ssh(&["web1"]);

    let theirs = std::fs::read_to_string(workstation.path("said")).unwrap();
    std::fs::remove_file(workstation.path("said")).unwrap();
    let Some(Proxy::Command(command)) = settings(&workstation).proxy.map(|proxy| proxy.value) else {
        panic!("no command")
    };
    assert_eq!(super::run(&command), Ok(true));
    assert_eq!(std::fs::read_to_string(workstation.path("said")).unwrap(), theirs);
    assert_eq!(theirs, "p% web1.example web1 2200 ops keys $X a  b\n");
}

/// What ssh starts for a jump shows the tokens in it.
#[test]
fn jump_hosts_have_the_tokens_that_ssh_replaces_in_them() {
    let Some(workstation) = Workstation::new() else {
        return;
    };
    workstation.write(
        "config",
        &format!("{HOST}  ProxyJump first,%r-x@gate-%n.%h:2%%2\n").replace(":2%%2", ":22"),
    );
    let fake = workstation.write("ssh", "#!/bin/sh\necho \"$@\" >FOLDER/said\n");
    std::fs::set_permissions(&fake, PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!(
        "{}:{}",
        shown(workstation.folder.path()),
        std::env::var("PATH").unwrap()
    );
    let real = std::env::split_paths(&std::env::var("PATH").unwrap())
        .map(|folder| folder.join("ssh"))
        .find(|file| file.exists())
        .unwrap();

    let mut command = std::process::Command::new(real);
    // ssh starts what its own name is, which the shell then looks for.
    std::os::unix::process::CommandExt::arg0(&mut command, "ssh");
    command
        .arg("-F")
        .arg(workstation.path("config"))
        .arg("web1")
        .env("PATH", path);
    command.output().unwrap();

    let theirs = std::fs::read_to_string(workstation.path("said")).unwrap();
    let Some(Proxy::Jump(jumps)) = settings(&workstation).proxy.map(|proxy| proxy.value) else {
        panic!("no jump")
    };
    let [first, last] = jumps.as_slice() else {
        panic!("{jumps:?}")
    };
    let ours = format!(
        "-l {} -p {} -J {} -F {} -W [web1.example]:2200 {}\n",
        last.user.as_ref().unwrap(),
        last.port.unwrap(),
        first.host,
        shown(&workstation.path("config")),
        last.host
    );
    assert_eq!(ours, theirs);
}
