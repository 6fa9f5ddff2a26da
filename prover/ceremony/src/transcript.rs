//! The public record of a ceremony: who contributed what, in which order, and when.
//!
//! Names and times are claims of whoever wrote the file; hashes are not: a participant publishes the hash of the own
//! contribution, and everybody finds it in the record and in the key.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::zkey::{Contribution, Contributions};
use crate::{Error, FileFault};

const FORMAT: &str = "rankproof.ceremony.v1";
/// A thousand contributions are shorter.
const MAX_BYTES: u64 = 1 << 20;

/// A ceremony so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcript {
    /// Name and version of this format.
    pub format: String,
    /// Hash of the key before any contribution, hexadecimal.
    pub circuit_hash: String,
    /// In order.
    pub contributions: Vec<Entry>,
}

/// One contribution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Who.
    pub name: String,
    /// Its hash, hexadecimal, as snarkjs shows it.
    pub hash: String,
    /// The value of a beacon, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beacon: Option<String>,
    /// Base-2 logarithm of the beacon's iterations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_iterations: Option<u8>,
    /// Seconds since 1970, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unix_time: Option<u64>,
}

impl Entry {
    fn of(contribution: &Contribution) -> Self {
        let beacon = contribution.parameters.beacon.as_ref();
        Self {
            name: contribution.parameters.shown_name(),
            hash: hex::encode(contribution.hash()),
            beacon: beacon.map(|beacon| hex::encode(&beacon.value)),
            log_iterations: beacon.map(|beacon| beacon.log_iterations),
            unix_time: None,
        }
    }
}

impl Transcript {
    /// The record of a key, without times.
    pub fn of(contributions: &Contributions) -> Self {
        Self {
            format: FORMAT.to_owned(),
            circuit_hash: hex::encode(contributions.circuit_hash),
            contributions: contributions.list.iter().map(Entry::of).collect(),
        }
    }

    /// Takes over the times of an earlier record, and gives the last contribution this one.
    #[must_use]
    pub fn timed(mut self, earlier: Option<&Self>, now: u64) -> Self {
        for (entry, earlier) in self.contributions.iter_mut().zip(earlier.into_iter().flat_map(|e| &e.contributions)) {
            if entry.hash == earlier.hash {
                entry.unix_time = earlier.unix_time;
            }
        }
        if let Some(last) = self.contributions.last_mut() {
            last.unix_time = last.unix_time.or(Some(now));
        }
        self
    }

    /// Checks that a key has exactly these contributions.
    ///
    /// # Errors
    /// [`Error::Transcript`]: the first that was altered, dropped, reordered, repeated or added.
    pub fn check(&self, contributions: &Contributions) -> Result<(), Error> {
        let key = Self::of(contributions);
        if (&self.format, &self.circuit_hash) != (&key.format, &key.circuit_hash) {
            return Err(Error::Transcript {
                number: 0,
                name: "the first key".to_owned(),
                fault: "the transcript is of another circuit or format",
            });
        }
        let find = |entries: &[Entry], hash: &str| entries.iter().position(|entry| entry.hash == hash);
        let (ours, theirs) = (&self.contributions, &key.contributions);
        for index in 0..ours.len().max(theirs.len()) {
            let (name, fault) = match (ours.get(index), theirs.get(index)) {
                (Some(our), Some(their)) if our.hash == their.hash => {
                    let same = (&our.name, &our.beacon, our.log_iterations)
                        == (&their.name, &their.beacon, their.log_iterations);
                    if same {
                        continue;
                    }
                    (&our.name, "has another name or beacon in the key")
                }
                (_, Some(their)) if find(&theirs[..index], &their.hash).is_some() => (&their.name, "is repeated"),
                (Some(our), Some(_)) if find(&theirs[index..], &our.hash).is_some() => {
                    (&our.name, "stands in another place in the key: contributions were reordered or added")
                }
                (Some(our), Some(their)) if find(&ours[index..], &their.hash).is_some() => {
                    (&our.name, "is missing in the key: it was dropped")
                }
                (Some(our), Some(_)) => (&our.name, "is another one in the key: it was altered"),
                (Some(our), None) => (&our.name, "is missing in the key: it was dropped"),
                (None, Some(their)) => (&their.name, "is in the key but not in the transcript"),
                (None, None) => continue,
            };
            return Err(Error::Transcript { number: index + 1, name: name.clone(), fault });
        }
        Ok(())
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`FileFault::Json`], [`FileFault::Io`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        let read = || -> Result<Self, FileFault> {
            if std::fs::metadata(path)?.len() > MAX_BYTES {
                return Err(FileFault::Json("it is too long".to_owned()));
            }
            serde_json::from_slice(&std::fs::read(path)?).map_err(|error| FileFault::Json(error.to_string()))
        };
        let transcript = read().map_err(|fault| fault.at(path))?;
        if transcript.format != FORMAT {
            return Err(FileFault::Json(format!("its format is `{}`", transcript.format)).at(path));
        }
        Ok(transcript)
    }

    /// The JSON of the record.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}
