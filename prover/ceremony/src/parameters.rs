//! What a contribution says about itself: its name and, for a beacon, what it was drawn from.
//!
//! ```text
//!     kind (4): 0 participant, 1 beacon       length of the rest (4)
//!     1, length, name     2, log2 of the iterations     3, length, beacon         in this order, each once at most
//! ```
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::unwrap_used,
        clippy::expect_used
    )
)]

use crate::Error;
use crate::sections::take_u32;

/// Longest name that is written: as many characters as snarkjs keeps.
pub const MAX_NAME_BYTES: usize = 64;
/// Longest beacon.
pub const MAX_BEACON_BYTES: usize = 255;
/// Base-2 logarithm of the iterations of a beacon, least and most: more would take hours to check.
pub const LOG_ITERATIONS: std::ops::RangeInclusive<u8> = 10..=30;

/// A public random value that nobody could foresee, such as the hash of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beacon {
    /// The value, 1 to 255 bytes.
    pub value: Vec<u8>,
    /// Base-2 logarithm of how often it is hashed.
    pub log_iterations: u8,
}

impl Beacon {
    /// # Errors
    /// [`Error::BeaconInvalid`].
    pub fn check(&self) -> Result<(), Error> {
        if self.value.is_empty() || self.value.len() > MAX_BEACON_BYTES {
            return Err(Error::BeaconInvalid("expected 1 to 255 bytes of beacon"));
        }
        if !LOG_ITERATIONS.contains(&self.log_iterations) {
            return Err(Error::BeaconInvalid("expected 10 to 30 as base-2 logarithm of its iterations"));
        }
        Ok(())
    }
}

/// The name of a contribution and its beacon, if it is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// Who contributed.
    pub name: Option<String>,
    /// What a beacon was drawn from.
    pub beacon: Option<Beacon>,
}

impl Parameters {
    /// The name, or `unnamed`.
    pub fn shown_name(&self) -> String {
        self.name.clone().unwrap_or_else(|| "unnamed".to_owned())
    }

    /// Takes them off the front; `None` when they are none.
    pub(crate) fn read(bytes: &mut &[u8]) -> Option<Self> {
        let kind = take_u32(bytes)?;
        let length = usize::try_from(take_u32(bytes)?).ok()?;
        let mut fields = bytes.split_off(..length)?;
        let fields = &mut fields;
        let (mut last, mut name, mut log_iterations, mut value) = (0, None, None, None);
        while let Some(&tag) = fields.split_off_first() {
            if tag <= last {
                return None;
            }
            last = tag;
            let length = *fields.split_off_first()?;
            match tag {
                1 => name = Some(String::from_utf8(fields.split_off(..usize::from(length))?.to_vec()).ok()?),
                2 => log_iterations = Some(length),
                3 => value = Some(fields.split_off(..usize::from(length))?.to_vec()),
                _ => return None,
            }
        }
        let beacon = match (kind, value, log_iterations) {
            (0, None, None) => None,
            (1, Some(value), Some(log_iterations)) => Some(Beacon { value, log_iterations }),
            _ => return None,
        };
        beacon.as_ref().is_none_or(|beacon| beacon.check().is_ok()).then_some(Self { name, beacon })
    }

    /// Appends them.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        let mut fields = Vec::new();
        // Names were read from, or checked to fit, one byte of length; beacons likewise.
        let length = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap_or(u8::MAX);
        if let Some(name) = &self.name {
            fields.extend([1, length(name.as_bytes())]);
            fields.extend(name.as_bytes());
        }
        if let Some(beacon) = &self.beacon {
            fields.extend([2, beacon.log_iterations, 3, length(&beacon.value)]);
            fields.extend(&beacon.value);
        }
        bytes.extend(u32::from(self.beacon.is_some()).to_le_bytes());
        bytes.extend(u32::try_from(fields.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(fields);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beacon() -> Parameters {
        let beacon = Some(Beacon { value: vec![1, 2, 3], log_iterations: 10 });
        Parameters { name: Some("final".to_owned()), beacon }
    }

    fn bytes(parameters: &Parameters) -> Vec<u8> {
        let mut bytes = Vec::new();
        parameters.write(&mut bytes);
        bytes
    }

    #[test]
    fn reads_what_was_written() {
        for parameters in [Parameters::default(), beacon(), Parameters { beacon: None, ..beacon() }] {
            let bytes = bytes(&parameters);
            let mut rest = bytes.as_slice();
            assert_eq!(Parameters::read(&mut rest), Some(parameters));
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn refuses_what_is_cut_unsorted_or_of_another_kind() {
        let honest = bytes(&beacon());
        assert_eq!(Parameters::read(&mut honest.as_slice()), Some(beacon()));
        for length in 0..honest.len() {
            assert_eq!(Parameters::read(&mut &honest[..length]), None, "{length} bytes");
        }
        let changed = |index: usize, byte: u8| {
            let mut bytes = honest.clone();
            bytes[index] = byte;
            Parameters::read(&mut bytes.as_slice())
        };
        assert_eq!(changed(0, 0), None, "a participant has no beacon");
        assert_eq!(changed(0, 2), None, "no such kind");
        assert_eq!(changed(8, 4), None, "no such field");
        assert_eq!(changed(15, 1), None, "a field twice");
        let fields = |fields: &[u8]| {
            let bytes = [&[1, 0, 0, 0, fields.len() as u8, 0, 0, 0], fields].concat();
            Parameters::read(&mut bytes.as_slice())
        };
        assert_eq!(fields(&[1, 1, b'n', 2, 10, 3, 1, 9]).and_then(|read| read.name), Some("n".to_owned()));
        assert_eq!(fields(&[1, 1, b'n', 3, 1, 9, 2, 10]), None, "two fields exchanged");
        assert_eq!(fields(&[1, 1, b'm', 1, 1, b'n', 2, 10, 3, 1, 9]), None, "a name twice");
        assert_eq!(changed(16, 9), None, "too few iterations");
        assert_eq!(changed(16, 63), None, "more iterations than anybody waits for");
    }
}
