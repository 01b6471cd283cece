//! Changes to bytes, as a damaged file or somebody hostile makes them.

use support::dice::Dice;

/// No input is longer.
const LONGEST: usize = 128 << 10;

/// Bytes that parsers look for.
const TELLING: &[u8] = b"\0\t\n\r !\"#%'*,-./0159:;<=>?@[\\]{|}~\x7f\x80\xff";

/// Numbers at which something overflows.
const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "1e999",
    "2147483648",
    "4294967296",
    "9223372036854775808",
    "18446744073709551615",
    "99999999999999999999",
];

fn byte(dice: &mut Dice) -> u8 {
    u8::try_from(dice.roll(256)).unwrap()
}

/// A part of so many bytes; mostly a short one.
fn span(dice: &mut Dice, of: usize) -> std::ops::Range<usize> {
    let from = dice.roll(of + 1);
    let most = if dice.roll(4) == 0 { of } else { of.min(16) };
    from..(from + dice.roll(most + 1)).min(of)
}

/// One of the seeds, changed a few times.
pub(crate) fn changed(dice: &mut Dice, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = dice.pick(seeds).clone();
    for _ in 0..=dice.roll(6) {
        change(dice, &mut bytes, seeds);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn change(dice: &mut Dice, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let span = span(dice, bytes.len());
    let at = span.start;
    match dice.roll(10) {
        0 if at < bytes.len() => bytes[at] ^= 1 << dice.roll(8),
        1 if at < bytes.len() => bytes[at] = TELLING[dice.roll(TELLING.len())],
        2 => bytes.insert(at, TELLING[dice.roll(TELLING.len())]),
        3 => drop(bytes.drain(span)),
        4 => {
            let copy = bytes[span].to_vec();
            let to = dice.roll(bytes.len() + 1);
            bytes.splice(to..to, copy);
        }
        5 => {
            let times = [2, 8, 100, 20_000][dice.roll(4)];
            let room = LONGEST.saturating_sub(bytes.len()) / span.len().max(1);
            let many = bytes[span].repeat(times.min(room));
            bytes.splice(at..at, many);
        }
        6 => {
            let other = dice.pick(seeds);
            let part = other[self::span(dice, other.len())].to_vec();
            bytes.splice(span, part);
        }
        7 => number(dice, bytes, at),
        8 => bytes.truncate(at),
        _ => bytes[span].iter_mut().for_each(|byte| *byte = self::byte(dice)),
    }
}

/// Another number in the place of the next one.
fn number(dice: &mut Dice, bytes: &mut Vec<u8>, from: usize) {
    let next = |bytes: &[u8], is_it: fn(&u8) -> bool| bytes.iter().position(is_it);
    if let Some(skipped) = next(&bytes[from..], u8::is_ascii_digit) {
        let start = from + skipped;
        let length = next(&bytes[start..], |byte| !byte.is_ascii_digit()).unwrap_or(bytes.len() - start);
        let other = dice.pick(NUMBERS).bytes();
        bytes.splice(start..start + length, other);
    }
}
