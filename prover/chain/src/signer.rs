//! Who signs. A key enters here and never leaves: not in errors, not in debug output.

use std::path::Path;

use alloy::primitives::{Address, B256};
use alloy::signers::local::PrivateKeySigner;

use crate::Error;

/// A private key that signs transactions.
#[derive(Clone, Debug)] // that of the inner type shows the address and the chain id only
pub struct Signer(pub(crate) PrivateKeySigner);

impl Signer {
    /// A key of 64 hexadecimal digits, with or without `0x`. Spaces and a line end around it are ignored.
    ///
    /// # Errors
    /// [`Error::PrivateKeyInvalid`], which does not repeat the text.
    pub fn from_hex(text: &str) -> Result<Self, Error> {
        let key: B256 = text.trim().parse().map_err(|_| Error::PrivateKeyInvalid)?;
        PrivateKeySigner::from_bytes(&key).map(Self).map_err(|_| Error::PrivateKeyInvalid)
    }

    /// An encrypted JSON key file, as `cast wallet` and geth write it.
    ///
    /// # Errors
    /// [`Error::Keystore`] if there is no such file, it is malformed or the password is wrong.
    pub fn from_keystore(path: &Path, password: &str) -> Result<Self, Error> {
        PrivateKeySigner::decrypt_keystore(path, password)
            .map(Self)
            .map_err(|source| Error::Keystore { path: path.to_owned(), reason: source.to_string() })
    }

    /// The account that pays.
    pub fn address(&self) -> Address {
        self.0.address()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first account of every anvil.
    const PUBLIC_KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    #[test]
    fn takes_a_key_and_never_shows_it() {
        let signer = Signer::from_hex(&format!(" 0x{PUBLIC_KEY}\n")).unwrap();
        assert_eq!(signer.address().to_string(), "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
        assert_eq!(Signer::from_hex(PUBLIC_KEY).unwrap().address(), signer.address());
        assert!(!format!("{signer:?}").to_lowercase().contains(&PUBLIC_KEY[..16]));
    }

    #[test]
    fn rejects_what_is_no_key_without_repeating_it() {
        let zero = "00".repeat(32);
        for text in ["", "0x", &PUBLIC_KEY[1..], &format!("{PUBLIC_KEY}00"), "not a key", &zero] {
            let error = Signer::from_hex(text).unwrap_err();
            assert!(matches!(error, Error::PrivateKeyInvalid), "{error:?}");
        }
    }
}
