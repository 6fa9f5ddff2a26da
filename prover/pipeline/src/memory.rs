//! What committing and proving take of memory: known from the profile, before any work.
//!
//! There is one way to commit and to prove, and it never holds a codeword, so there is nothing to choose: a limit is met
//! or refused. The plan counts what is held in each phase for the largest adapter and run of the profile
//! ([`rankproof_lora_proof::memory`]), with what files and the process itself take.

use rankproof_lora_proof::memory::{self, Phase};
use rankproof_lora_proof::{Config, Profile};
use serde::Serialize;

use crate::Error;
use crate::measure::peak_rss_bytes;

/// The process before it has done anything, with what its allocator keeps.
const PROCESS: u64 = 40 << 20;
const MIB: u64 = 1 << 20;

/// What is held in each phase, in bytes, everything included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryPlan {
    /// In order.
    pub phases: Vec<Phase>,
}

/// One phase, for reports.
#[derive(Clone, Debug, Serialize)]
pub struct PhaseReport {
    /// What is done.
    pub phase: &'static str,
    /// What is held.
    pub planned_bytes: u64,
}

/// What was planned and what was measured.
#[derive(Clone, Debug, Serialize)]
pub struct MemoryReport {
    /// Largest phase of the plan.
    pub planned_memory_bytes: u64,
    /// Largest resident set of this process; `None` where the system does not say.
    pub peak_rss_bytes: Option<u64>,
    /// The plan.
    pub memory_plan: Vec<PhaseReport>,
}

impl MemoryPlan {
    fn new(phases: impl IntoIterator<Item = Phase>) -> Self {
        let whole = |Phase { name, bytes }| Phase { name, bytes: bytes + PROCESS };
        Self { phases: phases.into_iter().map(whole).collect() }
    }

    /// Committing to weights, and writing the adapter file.
    pub fn commit(config: &Config) -> Self {
        let cached = memory::cached_weights(config);
        let mut phases = vec![Phase { name: "quantize", bytes: memory::float_weights(config) }];
        phases.extend(memory::commit(config));
        phases.push(Phase { name: "write", bytes: memory::float_weights(config) + 2 * cached });
        Self::new(phases)
    }

    /// Loading an adapter file and proving with it.
    pub fn prove(config: &Config) -> Self {
        let mut phases = vec![Phase { name: "load", bytes: 2 * memory::cached_weights(config) }];
        phases.extend(memory::prove(config));
        Self::new(phases)
    }

    /// The largest phase.
    pub fn peak_bytes(&self) -> u64 {
        self.phases.iter().map(|phase| phase.bytes).max().unwrap_or(0)
    }

    /// Refuses a limit that is too small.
    ///
    /// # Errors
    /// [`Error::BadArgument`] says what is needed.
    pub fn check(&self, limit: Option<u64>, what: &str, profile: Profile) -> Result<(), Error> {
        let least = self.peak_bytes();
        match limit {
            Some(limit) if limit < least => Err(Error::BadArgument {
                argument: "--memory",
                reason: format!("{what} under profile {} takes up to {} MiB", profile.name(), least.div_ceil(MIB)),
                remedy: "allow that much, or leave the argument out",
            }),
            _ => Ok(()),
        }
    }

    /// The plan beside what this process has taken until now.
    pub fn report(&self) -> MemoryReport {
        MemoryReport {
            planned_memory_bytes: self.peak_bytes(),
            peak_rss_bytes: peak_rss_bytes(),
            memory_plan: self
                .phases
                .iter()
                .map(|phase| PhaseReport { phase: phase.name, planned_bytes: phase.bytes })
                .collect(),
        }
    }
}

/// Reads a size: bytes, or a number with KiB, MiB or GiB behind it.
///
/// # Errors
/// [`Error::BadArgument`].
pub fn parse_size(text: &str) -> Result<u64, Error> {
    const UNITS: [(&str, u32); 3] = [("KiB", 10), ("MiB", 20), ("GiB", 30)];
    let unit = UNITS.iter().find_map(|(unit, shift)| text.strip_suffix(unit).map(|number| (number, *shift)));
    let (number, shift) = unit.unwrap_or((text, 0));
    let parsed = number.trim_end().parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
    parsed.filter(|_| number.starts_with(|first: char| first.is_ascii_digit())).ok_or_else(|| Error::BadArgument {
        argument: "--memory",
        reason: format!("`{text}` is no size"),
        remedy: "give bytes, or a whole number with KiB, MiB or GiB, as in 2GiB",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sizes_and_nothing_else() {
        for (text, bytes) in
            [("0", 0), ("1073741824", 1 << 30), ("2GiB", 2 << 30), ("900 MiB", 900 << 20), ("16777216KiB", 16 << 30)]
        {
            assert_eq!(parse_size(text).expect("a size"), bytes, "{text}");
        }
        for text in ["", "GiB", "-1", "+1", "1.5GiB", "2 GB", "2gib", "0x10", "99999999999GiB", "18446744073709551616"]
        {
            let refused = parse_size(text).expect_err(text).to_string();
            assert!(refused.starts_with("--memory: `") && refused.contains("2GiB"), "{refused}");
        }
    }

    #[test]
    fn a_limit_is_met_or_refused_with_the_least_that_suffices() {
        for profile in Profile::ALL {
            let plan = MemoryPlan::prove(&profile.config());
            let least = plan.peak_bytes();
            assert!(plan.check(None, "proving", profile).is_ok());
            assert!(plan.check(Some(least), "proving", profile).is_ok());
            let refused = plan.check(Some(least - 1), "proving", profile).expect_err("too little").to_string();
            let expected =
                format!("--memory: proving under profile {} takes up to {} MiB;", profile.name(), least.div_ceil(MIB));
            assert!(refused.starts_with(&expected), "{refused}");
        }
    }

    /// README.md says so.
    #[test]
    fn every_profile_fits_two_gibibytes() {
        for profile in Profile::ALL {
            for plan in [MemoryPlan::commit, MemoryPlan::prove] {
                let plan = plan(&profile.config());
                assert!(plan.peak_bytes() <= 2 << 30, "{profile:?}: {plan:?}");
            }
        }
    }
}
