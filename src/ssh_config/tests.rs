//! Pieces, by table. The whole is compared with ssh in `tests/ssh/config`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::jump::read_jumps;
use super::line::{Mistake, read_line};
use super::matching::{is_host_listed, read_match};
use super::tokens::{expand_home, expand_tokens, expand_variables};
use super::wildcard::matches_list;
use super::*;

#[test]
fn a_line_is_split_as_ssh_splits_it() {
    for (line, keyword, arguments) in [
        ("Port 22", "port", &["22"] as &[&str]),
        ("\t PORT\t=  22 \r", "port", &["22"]),
        ("port=22", "port", &["22"]),
        ("port==22", "port", &["=22"]),
        ("= port 22", "port", &["22"]),
        ("\"Port\" 22", "port", &["22"]),
        ("a b c # d", "a", &["b", "c"]),
        ("a b#c", "a", &["b#c"]),
        ("a \"b c\" 'd \"e'", "a", &["b c", "d \"e"]),
        (
            "a b\\ c \"d\\ e\" \\\"f\\' \\\\ \\n",
            "a",
            &["b c", "d\\ e", "\"f'", "\\", "\\n"],
        ),
        ("a x\"y z\"w", "a", &["xy zw"]),
        ("a \"\"", "a", &[""]),
        ("a #b", "a", &[]),
    ] {
        let written = read_line(line.as_bytes())
            .unwrap()
            .unwrap_or_else(|| panic!("{line}"));
        assert_eq!(
            (written.keyword.as_str(), written.arguments),
            (keyword, owned(arguments)),
            "{line}"
        );
    }
    for line in ["", " \t", "#a", " # \"", "\"Port 22", "\x0c", "# \u{fc}"] {
        assert_eq!(read_line(line.as_bytes()), Ok(None), "{line}");
    }
    assert_eq!(read_line(b"# caf\xe9"), Ok(None));
    for line in [
        b"Port" as &[u8],
        b"Port =",
        b"User \"a",
        b"User 'a",
        b"User caf\xe9",
    ] {
        assert!(read_line(line).is_err(), "{line:?}");
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_list_matches_if_one_pattern_does_and_none_after_a_not() {
    for (list, text, is_matched) in [
        ("a,b", "b", true),
        ("a,b,", "", false),
        ("a*,!ab", "ab", false),
        ("!ab,a*", "ac", true),
        ("!b", "a", false),
        ("*", "", true),
        ("a?c*", "abcde", true),
        ("A", "a", false),
    ] {
        assert_eq!(matches_list(list, text), is_matched, "{list} {text}");
    }
    assert!(!matches_list(&format!("a,{}", "*".repeat(1023)), "b"));
    assert!(is_host_listed("WEB*", "Web1"));
}

#[test]
fn criteria_have_their_arguments_with_and_without_an_equals_sign() {
    let read = |text: &str| read_match(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
    assert_eq!(read("host=a,b !user c"), read("Host = a,b !USER=c"));
    for refused in [
        "all host a",
        "host a user b all",
        "host",
        "canonical",
        "tagged x",
        "exec %z",
        "exec true%",
    ] {
        assert!(read(refused).is_err(), "{refused}");
    }
}

#[test]
fn jump_hosts_have_user_host_and_port() {
    let jump = |user: Option<&str>, host: &str, port| Jump {
        user: user.map(str::to_owned),
        host: host.to_owned(),
        port,
    };
    for (text, jumps) in [
        ("none", vec![]),
        ("None # for now", vec![]),
        ("a", vec![jump(None, "a", None)]),
        (
            "u@a:1,[::1]:22",
            vec![jump(Some("u"), "a", Some(1)), jump(None, "::1", Some(22))],
        ),
        ("u@b@a", vec![jump(Some("u@b"), "a", None)]),
        ("ssh://u;x=y@a:5/", vec![jump(Some("u"), "a", Some(5))]),
        ("a: # x,y", vec![jump(None, "a", None)]),
    ] {
        assert_eq!(read_jumps(text), Ok(jumps), "{text}");
    }
    for text in [
        "",
        "a b",
        "a, b",
        "a,",
        "@a",
        "u@",
        "a:0",
        "a:65536",
        "a:ssh",
        "a/b",
        "[::1",
        "ssh://[::1]",
        "ssh://a/b",
        "ssh://-a",
    ] {
        assert!(read_jumps(text).is_err(), "{text}");
    }
}

#[test]
fn tokens_variables_and_home_are_replaced() {
    let tokens = vec![('h', "web1".to_owned()), ('p', "22".to_owned())];
    assert_eq!(
        expand_tokens("%h:%p %%h", "hp", &tokens),
        Ok("web1:22 %h".to_owned())
    );
    for text in ["%p", "%", "a%z"] {
        assert!(expand_tokens(text, "h", &tokens).is_err(), "{text}");
    }
    let environment = |name: &str| (name == "A").then(|| "x".to_owned());
    assert_eq!(
        expand_variables("${A}/$A/${A}", &environment),
        Ok("x/$A/x".to_owned())
    );
    for text in ["${B}", "${A", "${}"] {
        assert!(expand_variables(text, &environment).is_err(), "{text}");
    }
    for (text, path) in [("~", "/h/"), ("~//a", "/h/a"), ("a~", "a~"), ("/~", "/~")] {
        assert_eq!(expand_home(text, Path::new("/h")).as_deref(), Ok(path));
    }
    assert!(expand_home("~other/x", Path::new("/h")).is_err());
}

/// The settings that a text has for `web1`.
fn settings(text: &str) -> Result<Settings, Vec<Problem>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, text).unwrap();
    let environment = |name: &str| (name == "KEY").then(|| "50%h".to_owned());
    let local = Local {
        user: "me",
        home: Path::new("/home/me"),
        uid: 1000,
        host_name: "desk.lan",
        environment: &environment,
        match_exec: None,
    };
    let config = SshConfig::load(&Files::Named(file), &local)?;
    let wanted = Wanted {
        alias: "web1",
        user: None,
        port: None,
    };
    config.resolve(&wanted, &local).map_err(|problem| vec![problem])
}

/// As OpenSSH 10.0; the ssh of Debian 12 takes the user as it is written.
#[test]
fn the_user_of_a_line_may_have_tokens() {
    let user = |text: &str| settings(text).map(|settings| settings.user.value);
    assert_eq!(user("User %u-%n-${KEY}"), Ok("me-web1-50%h".to_owned()));
    for refused in [
        "User %r",
        "User %C",
        "User a;b",
        "User -x",
        "User \"a -b\"",
        "User \"a\\\\\"",
        "User ${NONE}",
    ] {
        assert!(user(refused).is_err(), "{refused}");
    }
}

#[test]
fn an_address_is_in_its_usual_form_if_its_family_is_wanted() {
    for (text, host) in [
        ("HostName 0:0::1", "::1"),
        ("HostName FE80::1", "FE80::1"),
        ("HostName 0:0::A\nAddressFamily inet", "0:0::A"),
        ("HostName 0:0::A\nAddressFamily inet6", "::a"),
        ("HostName 10.1.2.3\nAddressFamily inet6", "10.1.2.3"),
        ("HostName UP.lan", "up.lan"),
    ] {
        assert_eq!(settings(text).unwrap().host_name.value, host, "{text}");
    }
}

/// The hash is over `%l%h%p%r%j`, as in OpenSSH since 9.6.
#[test]
fn the_hash_of_a_connection_has_its_jump_host_in_it() {
    let agent = |text: &str| settings(text).unwrap().identity_agent.unwrap().value;
    let hash = |text: &str| {
        use sha1::Digest as _;
        IdentityAgent::Socket(format!("/run/{}", hex::encode(sha1::Sha1::digest(text))).into())
    };
    assert_eq!(agent("IdentityAgent /run/%C"), hash("desk.lanweb122me"));
    assert_eq!(
        agent("IdentityAgent /run/%C\nProxyJump a,u@b"),
        hash("desk.lanweb122meb")
    );
}

#[test]
fn times_are_seconds_or_numbers_with_units() {
    for (text, seconds) in [
        ("0", 0),
        ("90", 90),
        ("1m30s", 90),
        ("1h1", 3601),
        ("1W", 604_800),
        ("2d", 172_800),
    ] {
        let timeout = settings(&format!("ConnectTimeout {text}"))
            .unwrap()
            .connect_timeout;
        assert_eq!(timeout.unwrap().value, Duration::from_secs(seconds), "{text}");
    }
    for refused in ["m", "1x", "-1", "1 m", "2147483648", "99999w"] {
        assert!(
            settings(&format!("ConnectTimeout {refused}")).is_err(),
            "{refused}"
        );
    }
}

#[test]
fn a_host_that_could_be_part_of_a_command_is_refused() {
    let config = SshConfig::default();
    let none = |_: &str| None;
    let local = Local {
        user: "me",
        home: Path::new("/home/me"),
        uid: 1000,
        host_name: "desk",
        environment: &none,
        match_exec: None,
    };
    for alias in ["", "-oProxyCommand=x", "a;b", "a b", "$(a)", "a\n"] {
        let wanted = Wanted {
            alias,
            user: None,
            port: None,
        };
        assert!(
            matches!(config.resolve(&wanted, &local), Err(Problem::Usage { .. })),
            "{alias}"
        );
    }
    let wanted = Wanted {
        alias: "Web1",
        user: Some("ops"),
        port: Some(2222),
    };
    let settings = config.resolve(&wanted, &local).unwrap();
    assert_eq!(
        (settings.host_name.value.as_str(), settings.user.value.as_str()),
        ("web1", "ops")
    );
    assert_eq!((settings.port.value, settings.port.source), (2222, Source::Given));
}

#[test]
fn a_mistake_says_its_place_and_what_to_do() {
    let place = Place {
        path: Arc::from(Path::new("/etc/ssh/ssh_config")),
        line: 7,
    };
    let problem = place.problem(Mistake::with_hint("it is wrong", "write it right"));
    assert_eq!(place.to_string(), "/etc/ssh/ssh_config:7");
    assert_eq!(
        problem.explain().headline,
        "/etc/ssh/ssh_config:7: not an ssh configuration that hawser can use"
    );
}
