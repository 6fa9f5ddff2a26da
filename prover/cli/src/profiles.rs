//! The profiles there are, as help texts list them.

use rankproof_pipeline::{Profile, SealProfile};

/// The profiles of adapters and of proofs.
pub fn of_proofs() -> String {
    let names = Profile::ALL.map(Profile::name).join(", ");
    format!("What the statement must fit in: {names} (-sN takes N runs at once, -aN one run each of N adapters)")
}

/// The profiles of keys.
pub fn of_keys() -> String {
    let names = SealProfile::ALL.map(SealProfile::name).join(", ");
    let meaning = "-xN seals N proofs at once, -sN one proof of N runs, -aN one proof of N adapters";
    format!("What the keys are for: {names} ({meaning})")
}
