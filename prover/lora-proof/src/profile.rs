//! The profiles: named sets of parameters (docs/protocol.md section 6).

use rankproof_statement::Maxima;
use serde::{Deserialize, Serialize};

use crate::config::{LOG_CAP_MAX, LOG_FINAL_MAX};
use crate::{Config, Error, Parameters};

/// A named set of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// One module; the fast tests.
    Tiny,
    /// A MiniLM-class adapter whole; the default.
    Small,
    /// Two runs of what fits `tiny`, one argument; the fast tests.
    TinyS2,
    /// Eight runs of what fits `small`, one argument.
    SmallS8,
    /// An adapter of a model of about a billion parameters.
    Medium,
    /// An adapter of a model of about eight billion parameters.
    Large,
    /// Two adapters that fit `tiny`, one run each, one argument; the fast tests.
    TinyA2,
    /// Four adapters that fit `small`, one run each, one argument.
    SmallA4,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; 8] =
        [Self::Tiny, Self::Small, Self::TinyS2, Self::SmallS8, Self::Medium, Self::Large, Self::TinyA2, Self::SmallA4];

    /// The name users type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::Small => "small",
            Self::TinyS2 => "tiny-s2",
            Self::SmallS8 => "small-s8",
            Self::Medium => "medium",
            Self::Large => "large",
            Self::TinyA2 => "tiny-a2",
            Self::SmallA4 => "small-a4",
        }
    }

    /// The profile of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// Its code in files.
    pub const fn code(self) -> u8 {
        match self {
            Self::Tiny => 1,
            Self::Small => 2,
            Self::TinyS2 => 3,
            Self::SmallS8 => 4,
            Self::Medium => 5,
            Self::Large => 6,
            Self::TinyA2 => 7,
            Self::SmallA4 => 8,
        }
    }

    /// The profile with that code.
    ///
    /// # Errors
    /// [`Error::UnknownProfile`].
    pub fn from_code(code: u8) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|profile| profile.code() == code).ok_or(Error::UnknownProfile(code))
    }

    /// What fits.
    const fn maxima(self) -> Maxima {
        match self {
            Self::Tiny | Self::TinyS2 | Self::TinyA2 => Maxima {
                log_size: 14,
                modules: 4,
                log_rank_space: 5,
                log_input_space: 12,
                log_output_space: 13,
                log_tokens: 4,
            },
            Self::Small | Self::SmallS8 | Self::SmallA4 => Maxima {
                log_size: 18,
                modules: 40,
                log_rank_space: 9,
                log_input_space: 15,
                log_output_space: 15,
                log_tokens: 6,
            },
            Self::Medium => Maxima {
                log_size: 20,
                modules: 64,
                log_rank_space: 11,
                log_input_space: 18,
                log_output_space: 18,
                log_tokens: 7,
            },
            Self::Large => Maxima {
                log_size: 23,
                modules: 256,
                log_rank_space: 13,
                log_input_space: 20,
                log_output_space: 21,
                log_tokens: 7,
            },
        }
    }

    /// Its parameters.
    pub const fn parameters(self) -> Parameters {
        let usual = Parameters {
            maxima: self.maxima(),
            security_bits: 100,
            log_inverse_rate: 3,
            log_domain_shrink: 1,
            proximity_margin: 100,
            max_pow_bits: [16, 14],
            adapters: 1,
            runs: 1,
            log_final_max: LOG_FINAL_MAX,
            log_cap_max: LOG_CAP_MAX,
        };
        match self {
            Self::Tiny | Self::Small => usual,
            // A further run costs one more tree: fewer queries into it outweigh the longer codewords.
            Self::TinyS2 => Parameters { log_inverse_rate: 4, runs: 2, ..usual },
            Self::SmallS8 => Parameters { log_inverse_rate: 4, runs: 8, ..usual },
            // A further adapter costs two.
            Self::TinyA2 => Parameters { log_inverse_rate: 4, adapters: 2, ..usual },
            // `make parameters` finds them: the seal's circuit stays within 2^20 points.
            Self::SmallA4 => Parameters {
                log_inverse_rate: 4,
                log_domain_shrink: 2,
                log_cap_max: 6,
                max_pow_bits: [17, 17],
                adapters: 4,
                ..usual
            },
            // `make parameters` finds them: a last polynomial of 2^8 coefficients is cheaper than a fourth round of
            // queries, and two queries less keep the seal's circuit within 2^19 points.
            Self::Medium => Parameters { log_final_max: 8, log_cap_max: 6, max_pow_bits: [18, 15], ..usual },
            // Here hashing is dear and there is room within 2^20 points: short codewords, more queries.
            Self::Large => Parameters {
                log_inverse_rate: 2,
                log_domain_shrink: 2,
                max_pow_bits: [17, 15],
                log_final_max: 8,
                ..usual
            },
        }
    }

    /// Its configuration.
    ///
    /// # Panics
    /// Never: a test derives every profile.
    pub fn config(self) -> Config {
        Config::new(self.parameters()).expect("profiles give configurations")
    }
}
