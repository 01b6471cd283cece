//! Values that a plan names and only the execution knows: secrets, and what kubeadm makes.
//!
//! A plan holds [`Content`], text with [`Slot`]s in it, so that a plan can be printed, compared and hashed
//! without a secret in it. [`Values`] fills the slots just before a host receives the bytes.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use zeroize::Zeroizing;

mod bundle;
mod reading;

pub use bundle::Bundle;

/// A value that stands in a plan by name only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Slot {
    /// The run's own bootstrap token, `[a-z0-9]{6}.[a-z0-9]{16}`.
    BootstrapToken,
    /// The public part of the token: its first six characters, which name its Secret.
    BootstrapTokenId,
    /// The run's own certificate key, 64 hexadecimal characters (32 bytes).
    CertificateKey,
    /// `sha256:` and the hash of the cluster CA's public key: made by `kubeadm init`, so unknown before it.
    CaHash,
    /// The image that holds a pod's namespaces, as kubeadm names it: unknown before it is installed. All hosts that a
    /// run prepares get the same kubeadm.
    SandboxImage,
    /// Files that a host has told, one a line, for other hosts to write.
    Files(Bundle),
    /// The SHA-256 of each of these files, one a line.
    Sums(Bundle),
    /// A certificate and its key, with which two hosts know each other while one hands the other an image.
    Pass,
}

impl Slot {
    /// The slots that a template can name.
    const SINGLE: [Slot; 5] = [
        Slot::BootstrapToken,
        Slot::BootstrapTokenId,
        Slot::CertificateKey,
        Slot::CaHash,
        Slot::SandboxImage,
    ];

    /// What stands in the slot's place wherever a plan is shown, logged or hashed.
    pub fn mask(self) -> &'static str {
        match self {
            Slot::BootstrapToken => "<bootstrap token, made by this run>",
            Slot::BootstrapTokenId => "<bootstrap token id, made by this run>",
            Slot::CertificateKey => "<certificate key, made by this run>",
            Slot::CaHash => "<cluster CA hash, known after init>",
            Slot::SandboxImage => "<pause image, as the installed kubeadm names it>",
            Slot::Files(bundle) => bundle.mask(),
            Slot::Sums(_) => "<SHA-256 of each of them, known to this run>",
            Slot::Pass => "<certificate and key of this transfer, made for it alone>",
        }
    }

    /// The text that a template writes to name the slot; it cannot occur in a file that a user writes.
    pub fn placeholder(self) -> String {
        format!("\u{e000}{self:?}\u{e000}")
    }
}

/// A piece of [`Content`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    Slot(Slot),
    /// What the user has in a file of the workstation, for hosts alone.
    Hidden(Hidden),
}

/// Text that hosts receive and nobody else sees. Wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden {
    text: Zeroizing<String>,
    /// What stands in its place wherever a plan is shown.
    mask: String,
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.mask)
    }
}

/// Text for a host, with named slots where secrets and late values go. Serializes masked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Content(Vec<Piece>);

impl Content {
    /// Splits text at every [`Slot::placeholder`].
    pub fn parse(text: &str) -> Self {
        let mut pieces = vec![Piece::Text(text.to_owned())];
        for slot in Slot::SINGLE {
            pieces = pieces
                .into_iter()
                .flat_map(|piece| split_at_slot(piece, slot))
                .collect();
        }
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        Self(pieces)
    }

    /// Text that is sent and never shown; `mask` stands in its place.
    pub fn hidden(text: String, mask: &str) -> Self {
        Self(vec![Piece::Hidden(Hidden {
            text: Zeroizing::new(text),
            mask: mask.to_owned(),
        })])
    }

    /// This, and another behind it.
    #[must_use]
    pub fn then(mut self, other: impl Into<Content>) -> Self {
        self.0.extend(other.into().0);
        self
    }

    /// The text with every slot and all that is hidden masked.
    pub fn masked(&self) -> String {
        self.render(|slot| Some(slot.mask()), |hidden| &hidden.mask)
            .unwrap_or_default()
    }

    /// The bytes a host receives; `Err` names the slot that has no value yet.
    pub fn fill(&self, values: &Values) -> Result<Zeroizing<Vec<u8>>, Slot> {
        let text = self.render(|slot| values.get(slot), |hidden| &hidden.text)?;
        Ok(Zeroizing::new(text.into_bytes()))
    }

    /// Whether a host that has this text has the content. Not where a slot is in it.
    pub fn is(&self, text: &str) -> bool {
        let own = self.fill(&Values::default());
        own.is_ok_and(|own| own.as_slice() == text.as_bytes())
    }

    /// The content with one slot's value in its place, for a value that is known already and no secret.
    #[must_use]
    pub fn with(self, slot: Slot, value: &str) -> Self {
        let pieces = self.0.into_iter().map(|piece| match piece {
            Piece::Slot(found) if found == slot => Piece::Text(value.to_owned()),
            piece => piece,
        });
        Self(pieces.collect())
    }

    pub fn has_slots(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Slot(_)))
    }

    /// Whether anything in it is for hosts alone.
    pub fn has_hidden(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Hidden(_)))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn render<'a>(
        &'a self,
        value: impl Fn(Slot) -> Option<&'a str>,
        hidden: fn(&Hidden) -> &str,
    ) -> Result<String, Slot> {
        // Reserved at its full length first: a growing string would leave copies of secrets behind.
        let texts: Vec<&str> = self
            .0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => Ok(text.as_str()),
                Piece::Slot(slot) => value(*slot).ok_or(*slot),
                Piece::Hidden(text) => Ok(hidden(text)),
            })
            .collect::<Result<_, _>>()?;
        let mut all = String::with_capacity(texts.iter().map(|text| text.len()).sum());
        for text in texts {
            all.push_str(text);
        }
        Ok(all)
    }
}

impl From<Slot> for Content {
    fn from(slot: Slot) -> Self {
        Self(vec![Piece::Slot(slot)])
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Content::parse(&text)
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Content::parse(text)
    }
}

impl Serialize for Content {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.masked())
    }
}

fn split_at_slot(piece: Piece, slot: Slot) -> Vec<Piece> {
    let Piece::Text(text) = piece else {
        return vec![piece];
    };
    let placeholder = slot.placeholder();
    let mut pieces = Vec::new();
    for (index, part) in text.split(placeholder.as_str()).enumerate() {
        if index > 0 {
            pieces.push(Piece::Slot(slot));
        }
        pieces.push(Piece::Text(part.to_owned()));
    }
    pieces
}

/// What fills the slots of one run. Zeroised when dropped; never printed.
#[derive(Default)]
pub struct Values {
    slots: BTreeMap<Slot, Zeroizing<String>>,
    /// What shows that a text holds a piece of a key that a host has told.
    traces: Vec<Zeroizing<String>>,
    /// The user's own secrets that hosts receive.
    hidden: Vec<Zeroizing<String>>,
}

impl Values {
    /// The secrets of a new run, drawn from the operating system's generator.
    pub fn for_new_run() -> Self {
        let mut values = Self::default();
        // Reserved at its full length first: a growing string would leave copies of it behind.
        let mut token = Zeroizing::new(String::with_capacity(6 + 1 + 16));
        token.extend(random_text(6));
        values.set(Slot::BootstrapTokenId, token.to_string());
        token.push('.');
        token.extend(random_text(16));
        values.slots.insert(Slot::BootstrapToken, token);
        let key = Zeroizing::new(rand::random::<[u8; 32]>());
        values.set(Slot::CertificateKey, hex::encode(key.as_slice()));
        values
    }

    pub fn set(&mut self, slot: Slot, value: String) {
        self.slots.insert(slot, Zeroizing::new(value));
    }

    /// Takes the files that a host has told for a bundle, and knows their sums from then on. `Err` says what is wrong
    /// with the answer, without a word of it.
    pub fn set_files(&mut self, bundle: Bundle, answer: &[u8]) -> Result<(), String> {
        let reported = bundle::take(answer)?;
        self.slots.insert(Slot::Files(bundle), reported.lines);
        self.slots.insert(Slot::Sums(bundle), reported.sums);
        self.traces.extend(reported.traces);
        Ok(())
    }

    /// Has the credentials of a registry masked from then on, in each form in which a host could say them. A password
    /// that is shorter than a word is not looked for by itself: it stands in half of all lines.
    pub fn hide(&mut self, credentials: &str) {
        let (_, password) = credentials.split_once(':').unwrap_or_default();
        let forms = [credentials.to_owned(), BASE64_STANDARD.encode(credentials)];
        let alone = (password.len() >= SHORTEST_PASSWORD).then(|| password.to_owned());
        self.hidden
            .extend(forms.into_iter().chain(alone).map(Zeroizing::new));
    }

    /// The content of one file of a bundle, if a host has told it.
    pub fn file(&self, bundle: Bundle, path: &str) -> Option<Zeroizing<Vec<u8>>> {
        bundle::find(self.get(Slot::Files(bundle))?, path)
    }

    /// The value of a slot, if it is known yet.
    pub fn get(&self, slot: Slot) -> Option<&str> {
        self.slots.get(&slot).map(|value| value.as_str())
    }

    /// `text` with every secret value in it, and every piece of a private key that was handed over, replaced by a
    /// mask. The CA hash, the token's id and an image's name are no secrets.
    pub fn redact(&self, text: &str) -> String {
        let text = [Slot::BootstrapToken, Slot::CertificateKey]
            .iter()
            .fold(text.to_owned(), |text, slot| match self.get(*slot) {
                Some(value) => forms(value)
                    .iter()
                    .fold(text, |text, form| text.replace(form.as_str(), slot.mask())),
                None => text,
            });
        let text = self.hidden.iter().fold(text, |text, secret| {
            text.replace(secret.as_str(), "<credentials of a registry>")
        });
        bundle::redact(&text, &self.traces)
    }
}

impl std::fmt::Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.slots.keys()).finish()
    }
}

/// A token or a key in each form in which the cluster keeps it: whole, a token's secret half, and either in base64.
fn forms(value: &str) -> Vec<Zeroizing<String>> {
    let half = value.split_once('.').map(|(_, half)| half);
    let plain = std::iter::once(value).chain(half);
    plain
        .flat_map(|form| [form.to_owned(), BASE64_STANDARD.encode(form)])
        .map(Zeroizing::new)
        .collect()
}

const SHORTEST_PASSWORD: usize = 8;

/// `length` characters of a bootstrap token's alphabet, each equally likely.
fn random_text(length: usize) -> impl Iterator<Item = char> {
    use rand::seq::IndexedRandom;
    const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut rng = rand::rng();
    (0..length)
        .filter_map(move |_| ALPHABET.choose(&mut rng))
        .map(|byte| char::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join_file() -> Content {
        Content::parse(&format!(
            "token: {}\nkey: {}\n",
            Slot::BootstrapToken.placeholder(),
            Slot::CertificateKey.placeholder()
        ))
    }

    #[test]
    fn a_masked_content_names_its_slots_and_a_filled_one_holds_their_values() {
        let values = Values::for_new_run();

        let filled = String::from_utf8(join_file().fill(&values).unwrap().to_vec()).unwrap();

        assert!(join_file().masked().starts_with("token: <bootstrap token"));
        assert!(filled.contains(values.get(Slot::BootstrapToken).unwrap()));
        assert_eq!(values.redact(&filled), join_file().masked());
    }

    #[test]
    fn what_is_hidden_is_sent_and_never_shown() {
        let content = Content::from("a = ").then(Content::hidden("hunter2".to_owned(), "<secret>"));

        let filled = content.fill(&Values::default()).unwrap();

        assert_eq!(filled.as_slice(), b"a = hunter2");
        assert_eq!(content.masked(), "a = <secret>");
        assert!(content.is("a = hunter2") && !content.is("a = <secret>"));
        assert!(!format!("{content:?}").contains("hunter2"));
        assert!(!serde_json::to_string(&content).unwrap().contains("hunter2"));
    }

    #[test]
    fn credentials_are_masked_in_each_of_their_forms() {
        let mut values = Values::default();
        values.hide("me:correct horse");

        let reply = "401: me:correct horse, Basic bWU6Y29ycmVjdCBob3JzZQ==, correct horse";

        assert_eq!(
            values.redact(reply),
            "401: <credentials of a registry>, Basic <credentials of a registry>, <credentials of a registry>"
        );
    }

    #[test]
    fn a_token_is_masked_in_each_form_in_which_the_cluster_keeps_it() {
        let mut values = Values::default();
        values.set(Slot::BootstrapToken, "abcdef.0123456789abcdef".to_owned());

        let reply =
            "abcdef.0123456789abcdef, token-secret: MDEyMzQ1Njc4OWFiY2RlZg==, 0123456789abcdef, id abcdef";

        let mask = Slot::BootstrapToken.mask();
        assert_eq!(
            values.redact(reply),
            format!("{mask}, token-secret: {mask}, {mask}, id abcdef")
        );
    }

    #[test]
    fn a_slot_without_a_value_is_named() {
        let content = Content::parse(&Slot::CaHash.placeholder());

        assert_eq!(content.fill(&Values::for_new_run()).unwrap_err(), Slot::CaHash);
    }

    #[test]
    fn a_token_has_kubeadms_form() {
        let values = Values::for_new_run();
        let token = values.get(Slot::BootstrapToken).unwrap();
        let (id, secret) = token.split_once('.').unwrap();

        assert_eq!((id.len(), secret.len()), (6, 16));
        assert!(
            token
                .chars()
                .all(|c| c == '.' || c.is_ascii_lowercase() || c.is_ascii_digit())
        );
        assert_eq!(values.get(Slot::BootstrapTokenId), Some(id));
        assert_eq!(values.get(Slot::CertificateKey).unwrap().len(), 64);
    }
}
