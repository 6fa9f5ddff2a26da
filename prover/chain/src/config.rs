//! `script/chains/<chain id>.toml`: what is deployed on a chain, and for whom. `script/Stack.sol` reads the same files.

use std::path::{Path, PathBuf};

use alloy::primitives::{Address, B256};
use serde::Deserialize;

use crate::chain::LOCAL_CHAIN_ID;
use crate::{Error, StackConfig};

/// The file for a local chain, where anvil's accounts hold the offices.
const LOCAL: &str = include_str!("../../../script/chains/31337.toml");

/// The shortest delay of a timelock on a chain that holds value, in seconds: a day.
const MIN_DELAY: u64 = 86_400;

/// What a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainConfig {
    /// The chain that it is for.
    pub chain_id: u64,
    /// The key that is meant; may be left out for a local chain.
    pub key_digest: Option<B256>,
    /// A seal that the verifier must accept.
    pub known_seal: PathBuf,
    /// Who may do what.
    pub stack: StackConfig,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    chain_id: u64,
    key_digest: Option<B256>,
    known_seal: PathBuf,
    guardian: Address,
    timelock: Timelock,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Timelock {
    min_delay: u64,
    proposers: Vec<Address>,
    executors: Vec<Address>,
}

impl ChainConfig {
    /// What is deployed on a local chain when nobody says otherwise.
    ///
    /// # Errors
    /// None: a test reads it.
    pub fn local() -> Result<Self, Error> {
        Self::parse(Path::new("script/chains/31337.toml"), LOCAL)
    }

    /// Reads a file; `path` is for errors.
    ///
    /// # Errors
    /// [`Error::ChainConfig`] for fields that are missing, unknown or malformed, for a timelock that nobody can use,
    /// and off a local chain for one of less than a day or a key that is not named.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let wrong = |reason: String| Error::ChainConfig { path: path.into(), reason };
        let file: File = toml::from_str(text).map_err(|error| wrong(error.message().to_owned()))?;
        let Timelock { min_delay, proposers, executors } = file.timelock;
        if proposers.is_empty() || executors.is_empty() {
            return Err(wrong("nobody could ever add a verifier: name proposers and executors".to_owned()));
        }
        if file.chain_id != LOCAL_CHAIN_ID {
            if min_delay < MIN_DELAY {
                return Err(wrong(format!(
                    "min_delay is {min_delay}, and {MIN_DELAY} seconds at least off chain 31337"
                )));
            }
            if file.key_digest.is_none() {
                return Err(wrong("key_digest is required off chain 31337".to_owned()));
            }
        }
        Ok(Self {
            chain_id: file.chain_id,
            key_digest: file.key_digest,
            known_seal: file.known_seal,
            stack: StackConfig { guardian: file.guardian, min_delay, proposers, executors },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../script/chains/example.toml");

    fn parse(text: &str) -> Result<ChainConfig, String> {
        ChainConfig::parse(Path::new("there.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_the_files_of_the_project() {
        let local = ChainConfig::local().unwrap();
        assert_eq!((local.chain_id, local.key_digest), (LOCAL_CHAIN_ID, None));
        assert_eq!(local.stack.executors, [Address::ZERO]);
        let example = parse(EXAMPLE).unwrap();
        assert_eq!(example.chain_id, 11_155_111);
        assert_eq!(example.stack.min_delay, 172_800);
        assert!(example.key_digest.is_some());
    }

    #[test]
    fn refuses_what_cannot_be_meant_and_names_the_file() {
        let without = |start: &str| {
            EXAMPLE.lines().filter(|line| !line.starts_with(start)).map(|line| format!("{line}\n")).collect::<String>()
        };
        for (text, word) in [
            (without("guardian"), "guardian"),
            (without("key_digest"), "key_digest"),
            (without("chain_id"), "chain_id"),
            (EXAMPLE.replace("172800", "86399"), "min_delay"),
            (EXAMPLE.replace("guardian = \"0x", "guardian = \"0x00"), "guardian"),
            (format!("owner = 1\n{EXAMPLE}"), "owner"),
            (without("proposers") + "proposers = []\n", "proposers"),
            (without("executors") + "executors = []\n", "executors"),
            ("chain_id = [".to_owned(), "there.toml"),
        ] {
            let sentence = parse(&text).unwrap_err();
            assert!(sentence.contains("there.toml"), "{sentence}");
            assert!(sentence.contains(word) || word == "guardian", "{word}: {sentence}");
        }
        assert!(parse(&EXAMPLE.replace("172800", "86400")).is_ok());
    }
}
