//! Whether contributions follow from one another, each with a proof that its secret was known.
//!
//! For contribution i with transcript t and `s' = hash_to_g2(t)`: t is the hash of everything before and of `s, x·s`;
//! `e(s, x·s') = e(x·s, s')`, so somebody knew x; and `e(δ, x·s') = e(δ', s')`, so δ' is x·δ. A beacon's `s` and `x·s`
//! are those that its value gives.

use ark_bn254::G1Affine;
use ark_ec::AffineRepr;

use crate::contribute::draw;
use crate::ptau::same_ratio;
use crate::randomness;
use crate::zkey::Contributions;
use crate::{ContributionFault, Error};

/// Checks a chain.
///
/// # Errors
/// [`Error::Contribution`]: the first that is wrong, and how.
pub fn check(contributions: &Contributions) -> Result<(), Error> {
    let mut delta = G1Affine::generator();
    for (index, contribution) in contributions.list.iter().enumerate() {
        let fault = check_one(contributions, index, &delta);
        fault.map_err(|fault| Error::Contribution {
            number: index + 1,
            name: contribution.parameters.shown_name(),
            fault,
        })?;
        delta = contribution.delta_after;
    }
    Ok(())
}

fn check_one(contributions: &Contributions, index: usize, delta: &G1Affine) -> Result<(), ContributionFault> {
    let list = &contributions.list;
    let contribution = &list[index];
    if let Some(earlier) = list[..index].iter().position(|earlier| earlier.public_key() == contribution.public_key()) {
        return Err(ContributionFault::Repeated { of: earlier + 1 });
    }
    let fits = |at: usize| contributions.transcript(index, &list[at].g1_s, &list[at].g1_sx) == list[at].transcript;
    if !fits(index) {
        // Somebody else's turn was here, if a later one hashes exactly what stands before this place.
        return Err(match (index + 1..list.len()).find(|later| fits(*later)) {
            Some(later) => ContributionFault::Reordered { instead: later + 1 },
            None => ContributionFault::Transcript,
        });
    }
    let points = [contribution.delta_after, contribution.g1_s, contribution.g1_sx];
    if points.iter().any(G1Affine::is_zero) || contribution.g2_spx.is_zero() {
        return Err(ContributionFault::Infinity);
    }
    let g2_sp = randomness::hash_to_g2(&contribution.transcript);
    if !same_ratio(&contribution.g1_s, &contribution.g1_sx, &g2_sp, &contribution.g2_spx) {
        return Err(ContributionFault::ProofOfKnowledge);
    }
    if !same_ratio(delta, &contribution.delta_after, &g2_sp, &contribution.g2_spx) {
        return Err(ContributionFault::Delta);
    }
    if let Some(beacon) = &contribution.parameters.beacon {
        let mut rng = randomness::beacon_generator(&beacon.value, beacon.log_iterations);
        let (_, g1_s, g1_sx) = draw(&mut rng);
        if (g1_s, g1_sx) != (contribution.g1_s, contribution.g1_sx) {
            return Err(ContributionFault::Beacon);
        }
    }
    Ok(())
}
