//! Numbers below r and 32-byte digests, as people type them and as reports print them.
//!
//! Typed: an optional `0x`, then 1 to 64 hexadecimal digits, a big-endian number. Printed: `0x` and 64 digits.

use rankproof_statement::F;
use rankproof_statement::field::{from_canonical_bytes, to_canonical_bytes};

use crate::Error;

/// Digits of 32 bytes.
const MAX_DIGITS: usize = 64;

/// Reads 32 bytes from at most 64 digits; `argument` is what an error calls them.
///
/// # Errors
/// [`Error::BadHex`] for anything else.
pub fn parse_bytes(argument: &str, text: &str) -> Result<[u8; 32], Error> {
    let bad = |reason: &'static str| Error::BadHex { argument: argument.to_owned(), reason };
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.is_empty() || digits.len() > MAX_DIGITS {
        return Err(bad("it has no digit or more than 64"));
    }
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(bad("it has a character that is no hexadecimal digit"));
    }
    let mut bytes = [0u8; 32];
    hex::decode_to_slice(format!("{digits:0>MAX_DIGITS$}"), &mut bytes).map_err(|_| bad("it is not hexadecimal"))?;
    Ok(bytes)
}

/// Reads a number below r.
///
/// # Errors
/// [`Error::BadHex`] when it is malformed, or r or larger.
pub fn parse_element(argument: &str, text: &str) -> Result<F, Error> {
    from_canonical_bytes(&parse_bytes(argument, text)?)
        .map_err(|_| Error::BadHex { argument: argument.to_owned(), reason: "it is not below the BN254 group order" })
}

/// `0x` and 64 digits.
pub fn print_element(element: &F) -> String {
    print_bytes(&to_canonical_bytes(element))
}

/// `0x` and all digits.
pub fn print_bytes(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const R_MINUS_ONE: &str = "0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000000";

    #[test]
    fn reads_short_long_and_prefixed_numbers() {
        for (text, number) in [("ff", F::from(255u64)), ("0xFF", F::from(255u64)), (R_MINUS_ONE, -F::from(1u64))] {
            assert_eq!(parse_element("--context", text).expect("a number"), number);
        }
        assert_eq!(print_element(&-F::from(1u64)), R_MINUS_ONE);
    }

    #[test]
    fn rejects_with_bad_hex_what_is_empty_long_foreign_or_r() {
        let r = R_MINUS_ONE.replace("f0000000", "f0000001");
        let long = format!("0x{}", "0".repeat(65));
        let (length, foreign) = ("it has no digit or more than 64", "it has a character that is no hexadecimal digit");
        let cases = [("", length), ("0x", length), (&long, length), ("0xg1", foreign), ("0x 1", foreign)];
        for (text, expected) in cases.into_iter().chain([("+1", foreign), ("0x0x1", foreign)]) {
            let error = parse_element("--context", text).unwrap_err();
            assert!(matches!(&error, Error::BadHex { reason, .. } if *reason == expected), "{text}: {error}");
        }
        let error = parse_element("--context", &r).unwrap_err();
        assert!(matches!(&error, Error::BadHex { reason, .. } if reason.contains("below")), "{error}");
    }
}
