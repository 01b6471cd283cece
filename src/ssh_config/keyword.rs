//! What a line asks for: a block, a setting that hawser honours, or a keyword that it passes over.

use super::arguments::Check;
use super::collected::Collected;
use super::line::{Mistake, Place, Written};
use super::local::Environment;
use super::matching::{Criterion, HostPattern, read_host, read_match};

/// A line that was read and checked; `Include` is read with the files.
#[derive(Debug, Clone)]
pub(super) enum Directive {
    Host(Vec<HostPattern>),
    Match(Vec<Criterion>),
    /// A setting that hawser honours.
    Set(Written),
    PassedOver,
    /// A keyword that only `IgnoreUnknown` allows.
    Unknown(String),
}

/// What a line asks for. `environment` has the variables that OpenSSH wants to be set wherever the line is.
pub(super) fn read_directive(
    line: Written,
    place: &Place,
    environment: Environment,
) -> Result<Directive, Mistake> {
    match line.keyword.as_str() {
        "host" => return read_host(&line.arguments).map(Directive::Host),
        "match" => return read_match(&line.arguments).map(Directive::Match),
        _ => {}
    }
    if Collected::default().take(&line, place, environment)? {
        return Ok(Directive::Set(line));
    }
    let is_listed = |names: &str| names.split_whitespace().any(|name| name == line.keyword);
    match PASSED_OVER.iter().find(|(_, names)| is_listed(names)) {
        Some((check, _)) => check.of(&line, environment).map(|()| Directive::PassedOver),
        None => Ok(Directive::Unknown(line.keyword)),
    }
}

const FLAG: Check = Check::OneOf(&["yes", "no", "true", "false"]);
const ASK: Check = Check::OneOf(&["yes", "no", "true", "false", "ask"]);
const MASTER: Check = Check::OneOf(&["yes", "no", "true", "false", "ask", "auto", "autoask"]);
const TERMINAL: Check = Check::OneOf(&["yes", "no", "true", "false", "force", "auto"]);
const TUNNEL: Check = Check::OneOf(&["yes", "no", "true", "false", "ethernet", "point-to-point"]);
const STRICT: Check = Check::OneOf(&["yes", "no", "true", "false", "ask", "off", "accept-new"]);
const PUBLIC_KEY: Check = Check::OneOf(&["yes", "no", "true", "false", "unbound", "host-bound"]);

/// What OpenSSH up to 10.0 and Debian's know and hawser does not act on, by what may be written after it.
const PASSED_OVER: &[(Check, &str)] = &[
    (
        Check::Anything,
        "addkeystoagent afstokenpassing canonicaldomains channeltimeout cipher compressionlevel dynamicforward
        fallbacktorsh globalknownhostsfile2 ipqos kerberosauthentication kerberostgtpassing knownhostscommand
        localcommand localforward logverbose obscurekeystroketiming permitremoteopen protocol rekeylimit
        remotecommand remoteforward rhostsauthentication rhostsrsaauthentication rsaauthentication sendenv setenv
        smartcarddevice useprivilegedport userknownhostsfile2 useroaming usersh versionaddendum",
    ),
    (
        Check::Text,
        "bindinterface casignaturealgorithms ciphers controlpath controlpersist escapechar fingerprinthash
        gssapiclientidentity gssapikexalgorithms gssapiserveridentity hostbasedacceptedalgorithms hostbasedkeytypes
        hostkeyalgorithms kbdinteractivedevices kexalgorithms loglevel macs pkcs11provider pubkeyacceptedalgorithms
        pubkeyacceptedkeytypes securitykeyprovider streamlocalbindmask syslogfacility tag tunneldevice
        xauthlocation",
    ),
    (
        FLAG,
        "batchmode canonicalizefallbacklocal challengeresponseauthentication checkhostip clearallforwardings
        enableescapecommandline enablesshkeysign exitonforwardfailure forkafterauthentication forwardx11
        forwardx11trusted gatewayports gssapiauthentication gssapidelegatecredentials gssapikeyexchange
        gssapirenewalforcesrekey gssapitrustdns hashknownhosts hostbasedauthentication kbdinteractiveauthentication
        keepalive nohostauthenticationforlocalhost passwordauthentication permitlocalcommand proxyusefdpass
        skeyauthentication stdinnull streamlocalbindunlink tcpkeepalive tisauthentication visualhostkey",
    ),
    (Check::Number, "canonicalizemaxdots connectionattempts numberofpasswordprompts requiredrsasize"),
    (Check::Time, "forwardx11timeout"),
    (Check::Agent, "forwardagent"),
    (ASK, "updatehostkeys verifyhostkeydns"),
    (MASTER, "controlmaster"),
    (TERMINAL, "requesttty"),
    (TUNNEL, "tunnel"),
    (STRICT, "stricthostkeychecking"),
    (PUBLIC_KEY, "dsaauthentication pubkeyauthentication"),
    (Check::OneOf(&["yes", "no"]), "compression"),
    (Check::OneOf(&["none", "subsystem", "default"]), "sessiontype"),
];
