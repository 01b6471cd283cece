//! A command that a host receives: a script, its arguments and its standard input, quoted by [`quote`].
//!
//! Only `remote` can make one, and a session runs only what is made of one ([`Wire`]).

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;
use serde::ser::SerializeStruct;
use zeroize::Zeroizing;

use super::{Effect, Wire};
use crate::archive::Single;
use crate::values::{Content, Slot, Values};

/// What every script starts with. The first line tells the workstation that the script has begun (so that what
/// follows on standard input is the script's and never sudo's) and which process to name if it is let go.
pub(in crate::remote) const PRELUDE: &str = include_str!("../shell/prelude.sh");

/// With this begins the line on standard error of a script that has done nothing, since the host is not any more as the
/// plan saw it. The prelude's `moved` says it.
pub const MOVED: &str = "changed since the plan: ";

/// The line on standard error that says a script has begun: this, and the process id.
pub const STARTED: &str = "hawser-started ";

/// A shell script with its arguments and what it reads from standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteCommand {
    purpose: Cow<'static, str>,
    effect: Effect,
    pub(in crate::remote) script: &'static str,
    pub(in crate::remote) arguments: Vec<String>,
    heading: Content,
    input: Content,
    framing: Framing,
    image: Option<Single>,
    prints_secrets: bool,
}

/// How the input begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// With its first byte.
    Plain,
    /// With its size in bytes on a line of its own, so that a cut connection is told from the end.
    Sized,
}

impl RemoteCommand {
    pub(in crate::remote) fn new(
        purpose: impl Into<Cow<'static, str>>,
        effect: Effect,
        script: &'static str,
    ) -> Self {
        Self {
            purpose: purpose.into(),
            effect,
            script,
            arguments: Vec::new(),
            heading: Content::default(),
            input: Content::default(),
            framing: Framing::Plain,
            image: None,
            prints_secrets: false,
        }
    }

    pub(in crate::remote) fn reads(purpose: impl Into<Cow<'static, str>>, script: &'static str) -> Self {
        Self::new(purpose, Effect::Reads, script)
    }

    pub(in crate::remote) fn changes(purpose: impl Into<Cow<'static, str>>, script: &'static str) -> Self {
        Self::new(purpose, Effect::Changes, script)
    }

    pub(in crate::remote) fn destroys(purpose: impl Into<Cow<'static, str>>, script: &'static str) -> Self {
        Self::new(purpose, Effect::Destroys, script)
    }

    pub(in crate::remote) fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(in crate::remote) fn args<A: Into<String>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    pub(in crate::remote) fn input(mut self, input: impl Into<Content>) -> Self {
        self.input = input.into();
        self
    }

    pub(in crate::remote) fn sized_input(mut self, input: Content) -> Self {
        self.framing = Framing::Sized;
        self.input(input)
    }

    /// What stands on lines of its own between the size and the sized input.
    pub(in crate::remote) fn heading(mut self, heading: Content) -> Self {
        self.heading = heading;
        self
    }

    /// It reads an image, piece by piece, whatever its size.
    pub(in crate::remote) fn image(mut self, image: &Single) -> Self {
        self.image = Some(image.clone());
        self
    }

    /// Its standard output is for a slot alone: never told, logged or shown.
    pub(in crate::remote) fn printing_secrets(mut self) -> Self {
        self.prints_secrets = true;
        self
    }

    /// What the command is for, such as `kubeadm join`: names it in errors and logs.
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// The command line as the host's login shell receives it (after `sudo`, where that is needed). Holds no secret:
    /// those go over standard input.
    pub fn line(&self) -> String {
        let script = format!("{PRELUDE}{}", self.script);
        let words = ["sh", "-c", script.as_str(), "hawser"]
            .into_iter()
            .chain(self.arguments.iter().map(String::as_str));
        words.map(quote).collect::<Vec<_>>().join(" ")
    }

    pub fn stdin(&self) -> &Content {
        &self.input
    }

    /// What the script reads before that, such as what a file may be that it replaces.
    pub fn stdin_heading(&self) -> &Content {
        &self.heading
    }

    /// The image that it reads from standard input, behind what else it reads there.
    pub fn sends(&self) -> Option<&Single> {
        self.image.as_ref()
    }

    /// How large that is, in bytes.
    pub fn sent_bytes(&self) -> Option<u64> {
        self.sends().map(Single::size)
    }

    /// What goes over the wire; `Err` names the slot that has no value yet.
    pub fn wire(&self, values: &Values) -> Result<Wire, Slot> {
        let content = self.input.fill(values)?;
        let input = match self.framing {
            Framing::Plain => content,
            Framing::Sized => {
                let size = format!("{}\n", content.len());
                let heading = self.heading.fill(values)?;
                Zeroizing::new([size.as_bytes(), &heading, &content].concat())
            }
        };
        Ok(Wire {
            purpose: self.purpose.to_string(),
            effect: self.effect,
            line: self.line(),
            input: Arc::new(input),
            image: self.image.clone(),
            prints_secrets: self.prints_secrets,
        })
    }
}

impl Serialize for RemoteCommand {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_struct("RemoteCommand", 5)?;
        map.serialize_field("purpose", &self.purpose)?;
        map.serialize_field("effect", &self.effect)?;
        map.serialize_field("line", &self.line())?;
        if self.heading.is_empty() {
            map.skip_field("heading")?;
        } else {
            map.serialize_field("heading", &self.heading)?;
        }
        map.serialize_field("stdin", &self.input)?;
        match &self.image {
            Some(image) => map.serialize_field("image", image)?,
            None => map.skip_field("image")?,
        }
        map.end()
    }
}

/// One word for a POSIX shell. A NUL cannot stand in an argument; hawser never makes one, so it is dropped.
pub(in crate::remote) fn quote(word: &str) -> String {
    let word = word.replace('\0', "");
    shlex::try_quote(&word).map_or_else(|_| format!("'{}'", word.replace('\'', r"'\''")), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_commands_line_holds_no_value_of_a_slot() {
        let command = RemoteCommand::changes("test", "cat").input(Slot::CertificateKey.placeholder());
        let values = Values::for_new_run();
        let key = values.get(Slot::CertificateKey).unwrap();

        let wire = command.wire(&values).unwrap();

        assert!(!wire.line().contains(key));
        assert_eq!(wire.input(), key.as_bytes());
        assert!(!serde_json::to_string(&command).unwrap().contains(key));
    }

    proptest! {
        #[test]
        fn sh_gives_back_every_quoted_word(word in "[^\0]{0,40}") {
            let output = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {}", quote(&word))]).output().unwrap();
            prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), word);
        }
    }
}
