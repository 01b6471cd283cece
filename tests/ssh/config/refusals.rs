//! What hawser refuses: with the file, the line, and what to do.

use std::os::unix::fs::PermissionsExt;

use hawser::error::Problem;
use hawser::ssh_config::{Files, Source};

use super::{MayRun, Workstation, alias, shown};

/// The place, the cause and the hint of the only problem.
fn refusal(problems: &[Problem]) -> (String, Option<usize>, String, String) {
    let [
        Problem::SshConfig {
            path,
            line,
            cause,
            hint,
        },
    ] = problems
    else {
        panic!("{problems:?}")
    };
    let name = path.rsplit('/').next().unwrap().to_owned();
    (name, *line, cause.clone(), hint.clone())
}

/// Both refuse the file `config`; ours in full.
fn both_refuse(workstation: &Workstation) -> (String, Option<usize>, String, String) {
    let theirs = workstation.ssh(&["-G", "web1"]);
    assert!(!theirs.status.success(), "ssh takes it");
    refusal(&workstation.read(&alias("web1"), MayRun::No).unwrap_err())
}

#[test]
fn a_circle_of_includes_is_named_and_ssh_refuses_it_too() {
    let Some(workstation) = Workstation::new() else {
        return;
    };
    workstation.write("a", "Host other\nInclude FOLDER/b\n");
    workstation.write("b", "\n\nInclude FOLDER/a\n");
    workstation.write("config", "Host other\nInclude FOLDER/a\n");

    let (file, line, cause, hint) = both_refuse(&workstation);

    assert_eq!((file.as_str(), line), ("b", Some(3)));
    let folder = shown(workstation.folder.path());
    assert_eq!(
        cause,
        format!("this file includes itself: {folder}/a → {folder}/b → {folder}/a")
    );
    assert_eq!(hint, "remove one of these `Include` lines");
}

#[test]
fn includes_are_followed_as_deep_as_ssh_does() {
    let Some(workstation) = Workstation::new() else {
        return;
    };
    for deepest in [16, 17] {
        for depth in 1..deepest {
            workstation.write(&format!("{depth}"), &format!("Include FOLDER/{}\n", depth + 1));
        }
        workstation.write(&format!("{deepest}"), "Port 2222\n");
        workstation.write("config", "Include FOLDER/1\n");

        if deepest == 16 {
            assert!(workstation.ssh(&["-G", "web1"]).status.success());
            assert_eq!(
                workstation.read(&alias("web1"), MayRun::No).unwrap().port.value,
                2222
            );
        } else {
            let (file, _, cause, _) = both_refuse(&workstation);
            assert_eq!(
                (file.as_str(), cause.as_str()),
                ("16", "`Include` is nested more than 16 deep")
            );
        }
    }
}

#[test]
fn an_included_file_that_others_may_write_is_refused_though_the_named_one_is_not() {
    let Some(workstation) = Workstation::new() else {
        return;
    };
    for (name, is_refused) in [("config", false), ("included", true)] {
        let included = workstation.write("included", "Port 2222\n");
        let config = workstation.write("config", "Host other\nInclude FOLDER/included\n");
        for path in [&included, &config] {
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o644)).unwrap();
        }
        std::fs::set_permissions(workstation.path(name), PermissionsExt::from_mode(0o666)).unwrap();

        if is_refused {
            let (file, line, cause, hint) = both_refuse(&workstation);
            assert_eq!((file.as_str(), line), ("config", Some(2)));
            assert!(
                cause.starts_with("another user owns ") && cause.contains("/included "),
                "{cause}"
            );
            assert!(hint.contains("chmod go-w "), "{hint}");
        } else {
            assert!(workstation.ssh(&["-G", "web1"]).status.success());
            workstation.read(&alias("web1"), MayRun::No).unwrap();
        }
    }
}

#[test]
fn the_users_file_comes_before_the_systems_and_values_name_their_line() {
    let Some(workstation) = Workstation::new() else {
        return;
    };
    let user = workstation.write("user", "# mine\nHost web1\n  Port 2201\n");
    let system = workstation.write("system", "Port 2202\nInclude included\n");
    workstation.write("included", "User ops\n");
    let files = Files::Usual {
        user: user.clone(),
        system,
    };

    let settings = workstation
        .read_files(&files, &alias("web1"), MayRun::No)
        .unwrap();

    assert_eq!(settings.port.value, 2201);
    assert_eq!(settings.port.source.to_string(), format!("{}:3", user.display()));
    assert_eq!(
        settings.user.source.to_string(),
        format!("{}:1", workstation.path("included").display())
    );
    assert_eq!(settings.host_name.source, Source::Default);
    std::fs::remove_file(&user).unwrap();
    let settings = workstation
        .read_files(&files, &alias("web1"), MayRun::No)
        .unwrap();
    assert_eq!(settings.port.value, 2202);
    workstation.write("user", "");
    std::fs::set_permissions(&user, PermissionsExt::from_mode(0o646)).unwrap();
    let problems = workstation
        .read_files(&files, &alias("web1"), MayRun::No)
        .unwrap_err();
    assert_eq!(refusal(&problems).0, "user");
}

#[test]
fn a_named_file_that_is_absent_is_refused() {
    let Some(workstation) = Workstation::new() else {
        return;
    };

    let (file, line, cause, _) = both_refuse(&workstation);

    assert_eq!((file.as_str(), line), ("config", None));
    assert!(cause.contains("No such file"), "{cause}");
}

#[test]
fn a_command_of_match_runs_only_where_the_inventory_allows_it() {
    let Some(workstation) = Workstation::new() else {
        return;
    };
    workstation.write("config", "Match host web1 exec \"test %n = web1\"\nPort 2222\n");

    let (file, line, cause, hint) = refusal(&workstation.read(&alias("web1"), MayRun::No).unwrap_err());
    let allowed = workstation.read(&alias("web1"), MayRun::Yes).unwrap();
    let other = workstation.read(&alias("web2"), MayRun::No).unwrap();

    assert_eq!((file.as_str(), line), ("config", Some(1)));
    assert_eq!(cause, "`match exec` would run `test %n = web1`");
    assert!(hint.contains("`ssh.allow_match_exec = true`"), "{hint}");
    assert_eq!(allowed.port.value, 2222);
    assert_eq!(other.port.value, 22);
}

/// What ssh does and hawser does not.
#[test]
fn names_are_not_canonicalised() {
    let Some(workstation) = Workstation::new() else {
        return;
    };
    for (line, text) in [
        (1, "Match canonical\nPort 2\n"),
        (2, "Host web1\nCanonicalizeHostname yes\n"),
        (1, "CanonicalizeHostname always\n"),
        (1, "CanonicalizePermittedCNAMEs *.a:*.b\n"),
    ] {
        workstation.write("config", text);
        let (_, found, cause, _) = refusal(&workstation.read(&alias("web1"), MayRun::No).unwrap_err());
        assert_eq!(found, Some(line), "{text}");
        assert_eq!(
            cause,
            "hawser does not rename hosts by DNS (CanonicalizeHostname)"
        );
    }
    workstation.write(
        "config",
        "Host web2\nCanonicalizeHostname yes\nHost *\nCanonicalizePermittedCNAMEs none\n",
    );
    workstation.read(&alias("web1"), MayRun::No).unwrap();
}

#[test]
fn every_mistake_of_all_files_is_reported_at_once() {
    let Some(workstation) = Workstation::new() else {
        return;
    };
    workstation.write("included", "Port x\n");
    workstation.write(
        "config",
        "Host other\n  Port 0\n  Include FOLDER/included\nMatch host\n",
    );

    let problems = workstation.read(&alias("web1"), MayRun::No).unwrap_err();

    let places: Vec<String> = problems
        .iter()
        .map(|problem| problem.explain().headline.rsplit('/').next().unwrap().to_owned())
        .collect();
    let text = "not an ssh configuration that hawser can use";
    assert_eq!(
        places,
        [
            format!("config:2: {text}"),
            format!("included:1: {text}"),
            format!("config:4: {text}")
        ]
    );
}
