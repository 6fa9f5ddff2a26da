//! Edit scripts: bytes that say how to change an honest file.
//!
//! The first byte says what the rest is: `0xff` a whole file, `0xfe` a whole file whose checksums are to be repaired,
//! an odd number edits with repaired checksums, anything else edits. An edit is an operation byte, a position (4 bytes,
//! little-endian, modulo the length) and, for some, a value.

/// Longest file that edits may grow to, bytes.
const MAX_BYTES: usize = 1 << 20;
/// Values that lengths and counts are often not checked for, little- and big-endian.
const EXTREMES: [u64; 12] =
    [0, 1, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 24, 1 << 32, 1 << 60, u64::MAX / 2, u64::MAX];

/// A file to be read, and whether its checksums are to be made right first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether whoever knows the format should repair its checksums.
    pub repair: bool,
}

struct Script<'a>(&'a [u8]);

impl Script<'_> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk::<N>()?;
        self.0 = tail;
        Some(*head)
    }

    fn position(&mut self, length: usize) -> Option<usize> {
        let position = u32::from_le_bytes(self.bytes()?);
        Some(usize::try_from(position).unwrap_or(0).checked_rem(length).unwrap_or(0))
    }
}

/// Applies a script to an honest file.
pub fn apply(honest: &[u8], script: &[u8]) -> Edited {
    let Some((&mode, rest)) = script.split_first() else {
        return Edited { bytes: honest.to_vec(), repair: false };
    };
    if mode >= 0xfe {
        return Edited { bytes: rest.to_vec(), repair: mode == 0xfe };
    }
    let mut bytes = honest.to_vec();
    let mut script = Script(rest);
    while edit(&mut bytes, &mut script).is_some() {
        bytes.truncate(MAX_BYTES);
    }
    Edited { bytes, repair: mode % 2 == 1 }
}

/// One edit; `None` at the end of the script.
fn edit(bytes: &mut Vec<u8>, script: &mut Script<'_>) -> Option<()> {
    let [operation] = script.bytes()?;
    let at = script.position(bytes.len())?;
    match operation % 10 {
        // A bit, a byte.
        0 => {
            let [bit] = script.bytes()?;
            bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << (bit % 8));
        }
        1 => {
            let [value] = script.bytes()?;
            bytes.get_mut(at).into_iter().for_each(|byte| *byte = value);
        }
        // Cut, lengthen.
        2 => bytes.truncate(at),
        3 => {
            let [count, value] = script.bytes()?;
            bytes.extend(std::iter::repeat_n(value, usize::from(count) + 1));
        }
        // A number at an extreme, of one, two, four or eight bytes, in both orders.
        4 | 5 => {
            let [which] = script.bytes()?;
            let value = EXTREMES[usize::from(which >> 3) % EXTREMES.len()];
            let width = 1usize << (which % 4);
            let encoded =
                if which & 4 == 0 { value.to_le_bytes() } else { value.rotate_right(8 * width as u32).to_be_bytes() };
            bytes.iter_mut().skip(at).zip(&encoded[..width]).for_each(|(byte, value)| *byte = *value);
        }
        // A piece of 32 bytes copied over another: an element by its neighbor.
        6 => {
            let from = script.position(bytes.len())?;
            let piece: Vec<u8> = bytes.iter().skip(from).take(32).copied().collect();
            bytes.iter_mut().skip(at).zip(piece).for_each(|(byte, value)| *byte = value);
        }
        // A piece removed, a piece repeated.
        7 => {
            let [count] = script.bytes()?;
            let end = bytes.len().min(at + usize::from(count) + 1);
            bytes.drain(at..end);
        }
        8 => {
            let [count] = script.bytes()?;
            let piece: Vec<u8> = bytes.iter().skip(at).take(usize::from(count) + 1).copied().collect();
            bytes.splice(at..at, piece);
        }
        // The bytes of the script itself, inserted.
        _ => {
            let [count] = script.bytes()?;
            let (piece, rest) = script.0.split_at(script.0.len().min(usize::from(count)));
            script.0 = rest;
            bytes.splice(at..at, piece.iter().copied());
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(script: &[u8]) -> Vec<u8> {
        apply(b"0123456789", script).bytes
    }

    #[test]
    fn every_edit_does_what_it_says() {
        assert_eq!(edited(&[]), b"0123456789");
        assert_eq!(edited(&[0]), b"0123456789");
        assert_eq!(edited(&[0, 0, 3, 0, 0, 0, 8]), b"0122456789");
        assert_eq!(edited(&[0, 1, 13, 0, 0, 0, b'x']), b"012x456789");
        assert_eq!(edited(&[0, 2, 4, 0, 0, 0]), b"0123");
        assert_eq!(edited(&[0, 3, 0, 0, 0, 0, 1, b'z']), b"0123456789zz");
        assert_eq!(edited(&[0, 4, 8, 0, 0, 0, (7 << 3) | 2]), b"01234567\0\0");
        assert_eq!(edited(&[0, 4, 2, 0, 0, 0, (7 << 3) | 4 | 2]), b"01\x01\x00\x00\x006789");
        assert_eq!(edited(&[0, 6, 7, 0, 0, 0, 0, 0, 0, 0]), b"0123456012");
        assert_eq!(edited(&[0, 7, 1, 0, 0, 0, 1]), b"03456789");
        assert_eq!(edited(&[0, 8, 1, 0, 0, 0, 1]), b"012123456789");
        assert_eq!(edited(&[0, 9, 1, 0, 0, 0, 2, b'a', b'b', 2, 5, 0, 0, 0]), b"0ab12");
        assert_eq!(apply(b"a", &[0xfe, 1, 2]), Edited { bytes: vec![1, 2], repair: true });
        assert_eq!(apply(b"a", &[0xff]), Edited { bytes: vec![], repair: false });
        assert!(apply(b"a", &[1]).repair);
    }
}
