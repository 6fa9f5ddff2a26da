//! What a key is for: the proofs of one profile, and how many of them one seal compresses.
//!
//! The number of slots is not part of a LoRA proof's configuration, so one proof may be sealed alone or in any batch.

use rankproof_lora_proof::{Config, Profile};

/// A profile of LoRA proofs with a number of slots. Keys, and seals, are of one of [`Self::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SealProfile {
    name: &'static str,
    lora: Profile,
    slots: usize,
}

impl SealProfile {
    /// One proof of profile `tiny`.
    pub const TINY: Self = Self { name: "tiny", lora: Profile::Tiny, slots: 1 };
    /// Two proofs of profile `tiny`: the smallest batch, for tests.
    pub const TINY_X2: Self = Self { name: "tiny-x2", lora: Profile::Tiny, slots: 2 };
    /// One proof of profile `small`: the default.
    pub const SMALL: Self = Self { name: "small", lora: Profile::Small, slots: 1 };
    /// Up to four proofs of profile `small`.
    pub const SMALL_X4: Self = Self { name: "small-x4", lora: Profile::Small, slots: 4 };
    /// Up to eight proofs of profile `small`.
    pub const SMALL_X8: Self = Self { name: "small-x8", lora: Profile::Small, slots: 8 };

    /// One proof of two runs of profile `tiny-s2`.
    pub const TINY_S2: Self = Self { name: "tiny-s2", lora: Profile::TinyS2, slots: 1 };
    /// One proof of up to eight runs of profile `small-s8`.
    pub const SMALL_S8: Self = Self { name: "small-s8", lora: Profile::SmallS8, slots: 1 };

    /// One proof of two adapters of profile `tiny-a2`.
    pub const TINY_A2: Self = Self { name: "tiny-a2", lora: Profile::TinyA2, slots: 1 };
    /// One proof of up to four adapters of profile `small-a4`.
    pub const SMALL_A4: Self = Self { name: "small-a4", lora: Profile::SmallA4, slots: 1 };

    /// One proof of profile `medium`.
    pub const MEDIUM: Self = Self { name: "medium", lora: Profile::Medium, slots: 1 };
    /// One proof of profile `large`.
    pub const LARGE: Self = Self { name: "large", lora: Profile::Large, slots: 1 };

    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::TINY,
        Self::TINY_X2,
        Self::TINY_S2,
        Self::TINY_A2,
        Self::SMALL,
        Self::SMALL_X4,
        Self::SMALL_X8,
        Self::SMALL_S8,
        Self::SMALL_A4,
        Self::MEDIUM,
        Self::LARGE,
    ];

    /// The name users type, which is also the one in key files.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The profile of the LoRA proofs.
    pub const fn lora(self) -> Profile {
        self.lora
    }

    /// LoRA proofs in one seal.
    pub const fn slots(self) -> usize {
        self.slots
    }

    /// Statements in one seal, those of all runs of all proofs: what key headers and contracts call slots.
    pub const fn statements(self) -> u32 {
        (self.slots * self.lora.parameters().statements()) as u32
    }

    /// The configuration of the LoRA proofs.
    pub fn config(self) -> Config {
        self.lora.config()
    }

    /// The profile of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_proofs_with_the_slots_appended() {
        for profile in SealProfile::ALL {
            let expected = match profile.slots() {
                1 => profile.lora().name().to_owned(),
                slots => format!("{}-x{slots}", profile.lora().name()),
            };
            assert_eq!(profile.name(), expected);
            assert_eq!(SealProfile::from_name(&expected), Some(profile));
        }
        assert_eq!(SealProfile::from_name("small-x1"), None);
    }
}
