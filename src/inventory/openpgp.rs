//! A public key as apt takes it (OpenPGP, RFC 4880 and 9580): its fingerprint, and the key armoured anew.
//!
//! Whether a key is good for signing is for apt to judge. Here it is only told which key it is; a file that holds a
//! second key is refused, as apt would trust both.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest, Sha256};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PublicKey {
    /// Hexadecimal, in upper case.
    pub(super) fingerprint: String,
    /// ASCII armour around exactly the packets that were looked at.
    pub(super) armour: String,
}

/// Tags of packets that a public key consists of: the key, signatures, subkeys, user ids and attributes, padding.
const PUBLIC_KEY: u8 = 6;
const OF_A_KEY: [u8; 6] = [2, PUBLIC_KEY, 13, 14, 17, 21];

/// Reads a key file, armoured or not. `Err` says why it is none.
pub(super) fn read(file: &[u8]) -> Result<PublicKey, String> {
    let packets = match std::str::from_utf8(file) {
        Ok(text) if text.contains(BEGIN) => dearmoured(text)?,
        _ => file.to_vec(),
    };
    let mut fingerprints = Vec::new();
    let mut rest = packets.as_slice();
    while !rest.is_empty() {
        let (tag, body, after) = packet(rest).ok_or("it is no OpenPGP key")?;
        if !OF_A_KEY.contains(&tag) {
            return Err(if tag == 5 {
                "it holds a private key".to_owned()
            } else {
                "it is no OpenPGP public key".to_owned()
            });
        }
        if tag == PUBLIC_KEY {
            fingerprints.push(fingerprint(body)?);
        }
        rest = after;
    }
    match fingerprints.as_slice() {
        [only] => Ok(PublicKey {
            fingerprint: only.clone(),
            armour: armoured(&packets),
        }),
        [] => Err("there is no key in it".to_owned()),
        several => Err(format!("it holds several keys: {}", several.join(", "))),
    }
}

/// The tag and the body of the first packet, and what follows it.
fn packet(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if first & 0x80 == 0 {
        return None;
    }
    let (tag, length, rest) = if first & 0x40 == 0 {
        let (length, rest) = number(rest, 1 << (first & 3))?;
        (first >> 2 & 0x0f, length, rest)
    } else {
        let (length, rest) = new_length(rest)?;
        (first & 0x3f, length, rest)
    };
    let (body, after) = rest.split_at_checked(length)?;
    Some((tag, body, after))
}

/// A length of one, two or five bytes; of a key none is told in parts.
fn new_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    match first {
        0..192 => Some((usize::from(*first), rest)),
        192..224 => {
            let (second, rest) = rest.split_first()?;
            Some((
                (usize::from(*first) - 192) * 256 + usize::from(*second) + 192,
                rest,
            ))
        }
        255 => number(rest, 4),
        _ => None,
    }
}

/// A number of so many bytes, the highest first.
fn number(bytes: &[u8], size: usize) -> Option<(usize, &[u8])> {
    let (digits, rest) = bytes.split_at_checked(size).filter(|_| size <= 4)?;
    let value = digits
        .iter()
        .fold(0_usize, |value, digit| value << 8 | usize::from(*digit));
    Some((value, rest))
}

fn fingerprint(body: &[u8]) -> Result<String, String> {
    let short = u16::try_from(body.len()).map_err(|_| "its key is too long".to_owned())?;
    let hash = match body.first() {
        Some(4) => Sha1::digest([&[0x99], short.to_be_bytes().as_slice(), body].concat()).to_vec(),
        Some(6) => {
            let length = u32::from(short).to_be_bytes();
            Sha256::digest([&[0x9b], length.as_slice(), body].concat()).to_vec()
        }
        _ => return Err("it is a key of a version that hawser does not know".to_owned()),
    };
    Ok(hex::encode_upper(hash))
}

const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &str = "-----END PGP PUBLIC KEY BLOCK-----";

/// The bytes of the only block in the text.
fn dearmoured(text: &str) -> Result<Vec<u8>, String> {
    let (_, after) = text.split_once(BEGIN).unwrap_or_default();
    let (block, rest) = after.split_once(END).ok_or("its armour does not end")?;
    if rest.contains("-----BEGIN") {
        return Err("it holds several blocks".to_owned());
    }
    // Headers, if there are any, end with an empty line.
    let lines: Vec<&str> = block.lines().map(str::trim_end).collect();
    let body = lines.iter().skip_while(|line| !line.is_empty());
    let body = body.filter(|line| !line.starts_with('='));
    let joined: String = body.copied().collect();
    STANDARD
        .decode(joined)
        .map_err(|_| "its armour is damaged".to_owned())
}

/// Without a checksum, which is optional and protects from nothing here.
fn armoured(packets: &[u8]) -> String {
    let text = STANDARD.encode(packets);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    format!("{BEGIN}\n\n{}\n{END}\n", lines.join("\n"))
}

/// A fingerprint as people write it: with or without spaces, in either case.
pub(super) fn written_fingerprint(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let is_hexadecimal = digits.chars().all(|c| c.is_ascii_hexdigit());
    (is_hexadecimal && matches!(digits.len(), 40 | 64)).then(|| digits.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = include_str!("../../tests/data/repository.asc");
    const TWO_KEYS: &str = include_str!("../../tests/data/two-keys.asc");

    /// As `gpg --with-colons --fingerprint` says.
    const FINGERPRINT: &str = "E804F2B8DAD43FA89C4F21E6C8E8A914FECF7ACB";

    #[test]
    fn a_keys_fingerprint_is_that_which_gnupg_tells() {
        let key = read(KEY.as_bytes()).unwrap();

        assert_eq!(key.fingerprint, FINGERPRINT);
    }

    #[test]
    fn armoured_or_not_it_is_the_same_key_and_nothing_else_goes_on() {
        let bytes = dearmoured(KEY).unwrap();
        let noise = format!("a page around it\n{KEY}and a word after it\n");

        let key = read(&bytes).unwrap();

        assert_eq!(read(KEY.as_bytes()), Ok(key.clone()));
        assert_eq!(read(noise.as_bytes()), Ok(key.clone()));
        assert_eq!(dearmoured(&key.armour).unwrap(), bytes);
        assert!(key.armour.lines().all(|line| line.len() <= 64));
    }

    #[test]
    fn a_file_with_a_second_key_is_refused_and_both_are_named() {
        let why = read(TWO_KEYS.as_bytes()).unwrap_err();

        assert!(why.starts_with("it holds several keys: "), "{why}");
        assert_eq!(why.matches(", ").count(), 1);
        assert!(why.contains(FINGERPRINT));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let refusal = |bytes: &[u8]| read(bytes).unwrap_err();
        let complete = dearmoured(KEY).unwrap();
        let cut = &complete[..complete.len() - 3];

        assert_eq!(refusal(b"<!doctype html>"), "it is no OpenPGP key");
        assert_eq!(refusal(b""), "there is no key in it");
        assert_eq!(refusal(cut), "it is no OpenPGP key");
        assert_eq!(refusal(&[0x95, 0, 1, 4]), "it holds a private key");
        assert_eq!(
            refusal(&[0x98, 1, 3]),
            "it is a key of a version that hawser does not know"
        );
        assert_eq!(
            refusal(format!("{KEY}\n{KEY}").as_bytes()),
            "it holds several blocks"
        );
        assert_eq!(
            refusal(KEY.replace("mDME", "mD!E").as_bytes()),
            "its armour is damaged"
        );
    }

    #[test]
    fn lengths_of_every_form_are_read() {
        let body = |length: usize| vec![7; length];
        let forms: [(Vec<u8>, usize); 6] = [
            (vec![0x98, 5], 5),
            (vec![0x99, 1, 0], 256),
            (vec![0x9a, 0, 0, 0, 9], 9),
            (vec![0xc6, 191], 191),
            (vec![0xc6, 192, 1], 193),
            (vec![0xc6, 255, 0, 0, 1, 1], 257),
        ];
        for (head, length) in forms {
            let bytes = [head.clone(), body(length), vec![1, 2]].concat();
            let (tag, found, rest) = packet(&bytes).unwrap();
            assert_eq!(
                (tag, found.len(), rest),
                (PUBLIC_KEY, length, &[1, 2][..]),
                "{head:?}"
            );
        }
        assert!(packet(&[0xc6, 224, 1]).is_none(), "in parts");
        assert!(packet(&[0x9b, 1]).is_none(), "of no length");
    }

    #[test]
    fn a_fingerprint_is_written_with_or_without_spaces() {
        let spaced = "e804 f2b8 dad4 3fa8 9c4f  21e6 c8e8 a914 fecf 7acb";

        assert_eq!(written_fingerprint(spaced).as_deref(), Some(FINGERPRINT));
        assert_eq!(written_fingerprint("FECF7ACB"), None);
        assert_eq!(written_fingerprint("fingerprint"), None);
    }
}
