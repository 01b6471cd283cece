//! Lines of which the generated files are made.

use support::dice::Dice;

const HOSTS: &[&str] = &[
    "web*",
    "!web2*",
    "*",
    "*",
    "db",
    "web?",
    "Web1",
    "!db",
    "*.example",
    "10.0.0.*",
    "nothing",
    "web1.lan",
    "!*",
    "\"web1\"",
    "w*b?",
    "fake",
];

const MATCHES: &[&str] = &[
    "all",
    "host web*",
    "host web*,!web1",
    "host \"web*,db\"",
    "originalhost db,web1",
    "user root,ops",
    "user !root,*",
    "user ops",
    "localuser root",
    "localuser nobody",
    "!host db",
    "host web1 user ops",
    "final",
    "final host *.lan",
    "!final",
    "host=web1",
    "host WEB1",
    "final all",
    "host web1 all",
    "!all",
    "exec \"test %h = web1\"",
    "exec \"test '%n-%p-%r' = web1-22-ops\" user *",
    "!exec \"exit 1\"",
    "host none exec \"kill $$\"",
    "exec \"test %l.%L.%u.%i.%d.%k = x\"",
    "originalhost Web1",
    "host web1 # a comment",
    "HOST db",
    "final !host *.lan",
    "host = db",
    "!originalhost web*",
];

/// Keywords and values that OpenSSH takes.
const SETTINGS: &[(&str, &[&str])] = &[
    (
        "HostName",
        &[
            "%h.lan", "host.lan", "UP.lan", "10.1.2.3", "0:0::1", "a%%b", "\"web1\"", "FE80::1",
        ],
    ),
    ("Port", &["22", "2222", "8022", "+23", "0024", "\"25\""]),
    ("User", &["ops", "root", "\"first last\"", "'ops'", "o\\\\x"]),
    (
        "IdentityFile",
        &[
            "~/.ssh/a",
            "/k/b",
            "/k/b",
            "none",
            "\"/k/with space\"",
            "/k/with\\ space",
            "/k/not#comment",
            "/k/c=d",
        ],
    ),
    (
        "CertificateFile",
        &["~/.ssh/a-cert.pub", "/k/b-cert.pub", "\"/k/b c\""],
    ),
    ("IdentitiesOnly", &["yes", "no", "True", "false"]),
    (
        "IdentityAgent",
        &[
            "none",
            "SSH_AUTH_SOCK",
            "~/agent-%h",
            "${HAWSER_KEYS}/a",
            "$HAWSER_AGENT",
            "/run/%r-%p-%u",
        ],
    ),
    (
        "UserKnownHostsFile",
        &[
            "~/kh",
            "/k/%h-%k-%n-%p-%r-%u-%i-%l-%L",
            "%d/kh /k/2",
            "none",
            "NONE",
            "${HAWSER_KEYS}/kh /k/%%",
            "\"/k/a b\" c",
        ],
    ),
    ("GlobalKnownHostsFile", &["/etc/k", "~/k /k/%h", "none"]),
    ("HostKeyAlias", &["Alias", "web1", "db.keys"]),
    (
        "ProxyJump",
        &[
            "u@a:22,b",
            "none",
            "gate",
            "x@[::1]:33",
            "a,b:7,c@d",
            "ssh://u@gate:44",
            "gate # comment",
            "GATE",
            "web1:22",
        ],
    ),
    (
        "ProxyCommand",
        &[
            "nc gate 22",
            "none",
            "ssh -W \"[x]:1\" gate # no comment",
            "= nc gate",
            "exec 'a b'",
        ],
    ),
    (
        "ConnectTimeout",
        &["10", "1m30s", "none", "2h", "0", "1W", "\"5\""],
    ),
    ("ServerAliveInterval", &["0", "15", "none", "1m"]),
    ("ServerAliveCountMax", &["0", "5", "007"]),
    ("AddressFamily", &["any", "inet", "INET6"]),
    ("BindAddress", &["10.0.0.1", "::1", "*"]),
    ("PreferredAuthentications", &["publickey,password", "publickey"]),
    ("RevokedHostKeys", &["/k/revoked", "none"]),
    ("IgnoreUnknown", &["UseKeychain,Foo*", "foo?", "*,!foobar"]),
    ("Ciphers", &["aes128-ctr", "+aes128-cbc"]),
    ("ForwardAgent", &["yes", "no", "~/sock"]),
    ("LocalForward", &["8080 localhost:80"]),
    ("StrictHostKeyChecking", &["no", "off", "accept-new", "ask"]),
    ("SendEnv", &["LANG LC_*", "-LANG"]),
    ("LogLevel", &["INFO", "debug1"]),
    ("ControlPath", &["~/.ssh/%C", "none"]),
    ("RekeyLimit", &["1G 1h", "default none"]),
    ("CanonicalizeHostname", &["no"]),
    ("IPQoS", &["af21 cs1", "none"]),
    ("PubkeyAuthentication", &["yes", "unbound"]),
    ("GSSAPIAuthentication", &["yes"]),
    ("RemoteCommand", &["echo %h"]),
    ("Compression", &["yes"]),
    ("RhostsAuthentication", &["whatever it says"]),
    ("XAuthLocation", &["/usr/bin/xauth"]),
];

/// Lines that OpenSSH refuses, most of them wherever they are.
const REFUSED: &[&str] = &[
    "Port 0",
    "Port 70000",
    "Port x",
    "Port",
    "Port 22 33",
    "Port =",
    "Port==22",
    "User \"open",
    "User 'open",
    "HostName",
    "HostName \"\"",
    "HostName %n",
    "HostName a%",
    "IdentityFile",
    "IdentityFile a b",
    "IdentitiesOnly maybe",
    "IdentityAgent ${HAWSER_UNSET}/a",
    "IdentityAgent $A-B",
    "IdentityAgent /run/%z",
    "UserKnownHostsFile a none",
    "UserKnownHostsFile /k/%z",
    "UserKnownHostsFile /k/${HAWSER_UNSET}",
    "UserKnownHostsFile a \"\"",
    "ProxyJump a:0",
    "ProxyJump bad/x",
    "ProxyJump a,,b",
    "ProxyJump @a",
    "ProxyJump ssh://a/p",
    "ProxyJump ssh://[::1]",
    "ConnectTimeout x",
    "ConnectTimeout -1",
    "ConnectTimeout 5x",
    "ConnectTimeout 99999999999",
    "ServerAliveCountMax -1",
    "ServerAliveCountMax 99999999999",
    "ServerAliveCountMax 1s",
    "AddressFamily ipv4",
    "UseKeychain yes",
    "FooBar x",
    "Foo",
    "Match",
    "Match host",
    "Match bogus x",
    "Match all host web1",
    "Match host web1 all user x",
    "Match user \"\"",
    "Match exec \"true %z\"",
    "Host \"\"",
    "Host web1 \"",
    "Include \"\"",
    "StrictHostKeyChecking maybe",
    "Compression true",
    "ForwardX11 ask",
    "SessionType shell",
    "ServerAliveInterval",
    "ForwardAgent ${HAWSER_UNSET}",
    "ProxyJump web1",
    "BindAddress a b",
    "CanonicalizeMaxDots -1",
    "RequestTTY never",
    "MACs",
    "ControlMaster maybe",
];

/// Lines that say nothing.
const EMPTY: &[&str] = &[
    "",
    "   \t",
    "# a comment",
    "  #Port 7",
    "\"Port 77",
    "\t\"#x\" y",
    "\x0c#",
];

/// A file of lines; `depth` names the files that it may include.
pub(super) fn file(dice: &mut Dice, depth: usize) -> String {
    let count = 3 + dice.roll(16);
    let lines: Vec<String> = (0..count).map(|_| line(dice, depth)).collect();
    lines.join(if dice.once_in(12) { "\r\n" } else { "\n" }) + "\n"
}

fn line(dice: &mut Dice, depth: usize) -> String {
    let line = match dice.roll(60) {
        0..14 => {
            let patterns: Vec<&str> = (0..=dice.roll(3)).map(|_| *dice.pick(HOSTS)).collect();
            with_keyword(dice, "Host", &patterns.join(" "))
        }
        14..20 => {
            let criteria = *dice.pick(MATCHES);
            with_keyword(dice, "Match", criteria)
        }
        20..23 if depth > 0 => include(dice, depth),
        23 => return (*dice.pick(REFUSED)).to_owned(),
        24 => return (*dice.pick(EMPTY)).to_owned(),
        25 => {
            return (*dice.pick(&["UseKeychain yes", "Foo bar", "IgnoreUnknown foo*,usekeychain"]))
                .to_owned();
        }
        _ => {
            let (keyword, values) = *dice.pick(SETTINGS);
            let value = *dice.pick(values);
            with_keyword(dice, keyword, value)
        }
    };
    let indentation = *dice.pick(&["", "", "  ", "\t", "= "]);
    format!(
        "{indentation}{line}{}",
        dice.pick(&["", "", "", " ", "\t", "\x0c"])
    )
}

fn include(dice: &mut Dice, depth: usize) -> String {
    let below = depth - 1;
    let names = [
        format!("FOLDER/{below}-a.conf"),
        format!("FOLDER/{below}-*.conf"),
        format!("FOLDER/{below}-[ab].con?"),
        format!("FOLDER/{below}-b.conf \"FOLDER/{below}-a.conf\""),
        "FOLDER/none*.conf".to_owned(),
        "FOLDER/none.conf".to_owned(),
    ];
    let names = dice.pick(&names).clone();
    with_keyword(dice, "Include", &names)
}

fn with_keyword(dice: &mut Dice, keyword: &str, value: &str) -> String {
    let keyword = match dice.roll(8) {
        0 => keyword.to_lowercase(),
        1 => keyword.to_uppercase(),
        2 => format!("\"{keyword}\" "),
        _ => keyword.to_owned(),
    };
    // After a quoted keyword OpenSSH passes over blanks alone.
    let between: &[&str] = if keyword.ends_with(' ') {
        &["", "\t"]
    } else {
        &[" ", " ", " ", "  ", "\t", "=", " = ", " =", "= "]
    };
    format!("{keyword}{}{value}", dice.pick(between))
}
