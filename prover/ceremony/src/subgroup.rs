//! Whether points of the twist are in the subgroup of order r, many at once.
//!
//! G1 of BN254 has cofactor 1, the twist does not: its points have orders that divide `r h`, and the smallest prime
//! factor of h is 10069. One check is a multiplication with 127 bits, for powers of tau more work than everything else
//! together. So sums with random weights below `2^13` are checked instead:
//!
//! ```text
//!     S_k = Σ_i w_ki P_i,    k = 1 .. 10
//! ```
//!
//! If a point is outside the subgroup, then of the 10069 or more multiples of it at most one below `2^13` can bring a sum
//! back into the subgroup, whatever the others are: all ten sums pass with probability at most `2^-130`.

use ark_bn254::{G2Affine, G2Projective};
use ark_ec::{CurveGroup, VariableBaseMSM};
use rand::RngCore;
use rayon::prelude::*;

use crate::randomness::secret_generator;

/// `2^13` is below the smallest prime factor of the cofactor.
const WEIGHT_BITS: u32 = 13;
const SUMS: usize = 10;
/// Fewer points are faster checked one by one.
const FEW: usize = 1 << 11;

/// Whether all of these points, which are on the curve, are in the subgroup.
pub(crate) fn contains_all(points: &[G2Affine]) -> bool {
    if points.len() < FEW {
        return points.par_iter().all(G2Affine::is_in_correct_subgroup_assuming_on_curve);
    }
    all_sums_are_inside(|| random_sum(points))
}

fn all_sums_are_inside(draw: impl Fn() -> G2Affine + Sync) -> bool {
    (0..SUMS).into_par_iter().all(|_| draw().is_in_correct_subgroup_assuming_on_curve())
}

/// Points of the same weight are added first, then the sums, the one of weight w w times.
fn random_sum(points: &[G2Affine]) -> G2Affine {
    type Sum = <G2Projective as VariableBaseMSM>::Bucket;
    let mut rng = secret_generator(&[]);
    let mut by_weight = vec![G2Projective::ZERO_BUCKET; 1 << WEIGHT_BITS];
    for point in points {
        by_weight[(rng.next_u32() >> (u32::BITS - WEIGHT_BITS)) as usize] += point;
    }
    let (mut heavier, mut sum): (Sum, Sum) = (G2Projective::ZERO_BUCKET, G2Projective::ZERO_BUCKET);
    for same_weight in by_weight[1..].iter().rev() {
        heavier += same_weight;
        sum += &heavier;
    }
    G2Projective::from(sum).into_affine()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use ark_bn254::{Fq, Fq2, g2};
    use ark_ec::{AffineRepr, CurveConfig};
    use ark_ff::Field;

    use super::*;

    /// On the curve but not in the subgroup: the first x for which y exists.
    fn outside() -> G2Affine {
        let points = (0u64..).map(|x| G2Affine::get_point_from_x_unchecked(Fq2::new(Fq::from(x), Fq::ONE), true));
        let point = points.into_iter().flatten().next().expect("half of all x");
        assert!(point.is_on_curve() && !point.is_in_correct_subgroup_assuming_on_curve());
        point
    }

    /// A point of order 10069, the one that random weights miss most often.
    fn of_least_order() -> G2Affine {
        let mut multiple = outside().into_group();
        let order = [&<ark_bn254::Fr as ark_ff::PrimeField>::MODULUS.0[..], &[0; 4]].concat();
        multiple = ark_ec::PrimeGroup::mul_bigint(&multiple, order);
        let (mut quotient, mut remainder) = (vec![0; 4], 0u128);
        for (digit, limb) in quotient.iter_mut().zip(g2::Config::COFACTOR).rev() {
            let dividend = remainder << 64 | u128::from(*limb);
            (*digit, remainder) = ((dividend / 10_069) as u64, dividend % 10_069);
        }
        let point = ark_ec::PrimeGroup::mul_bigint(&multiple, quotient).into_affine();
        assert!(
            !point.is_zero()
                && ark_ec::PrimeGroup::mul_bigint(&point.into_group(), [10_069u64]).into_affine().is_zero()
        );
        point
    }

    #[test]
    fn ten_thousand_and_sixty_nine_is_the_least_factor_of_the_cofactor() {
        let remainder = |divisor: u128| {
            let limbs = g2::Config::COFACTOR.iter().rev();
            limbs.fold(0u128, |remainder, limb| (remainder << 64 | u128::from(*limb)) % divisor)
        };
        assert_eq!((2..=10_069).find(|divisor| remainder(*divisor) == 0), Some(10_069));
        const { assert!(1 << WEIGHT_BITS < 10_069) };
    }

    #[test]
    fn one_point_outside_is_found_among_few_and_many() {
        for count in [FEW - 1, FEW, 2 * FEW + 1] {
            let mut points = vec![G2Affine::generator(); count];
            points[1] = -points[1];
            points[2] = G2Affine::identity();
            assert!(contains_all(&points));
            for foreign in [outside(), of_least_order()] {
                for place in [0, count / 2, count - 1] {
                    let mut points = points.clone();
                    points[place] = foreign;
                    assert!(!contains_all(&points), "{place} of {count}");
                }
            }
        }
    }

    /// Two points that add up to nothing are found, since each has a weight of its own.
    #[test]
    fn two_points_outside_that_cancel_are_found() {
        let mut points = vec![G2Affine::generator(); FEW];
        assert!(contains_all(&points));
        (points[3], points[FEW - 1]) = (outside(), -outside());
        assert!(!contains_all(&points));
    }

    /// The chance of `2^-130` is that of ten sums, of which each must be inside.
    #[test]
    fn every_sum_counts() {
        const { assert!(SUMS as u32 * WEIGHT_BITS >= 130) };
        let drawn = AtomicUsize::new(0);
        let next = |at: usize, point: G2Affine| {
            if drawn.fetch_add(1, Ordering::Relaxed) == at { point } else { G2Affine::generator() }
        };
        assert!(all_sums_are_inside(|| next(0, G2Affine::generator())));
        assert_eq!(drawn.swap(0, Ordering::Relaxed), SUMS);
        for place in [0, SUMS - 1] {
            assert!(!all_sums_are_inside(|| next(place, outside())), "sum {place}");
            drawn.store(0, Ordering::Relaxed);
        }
    }

    /// 64 weights of 13 bits: two of them are equal now and then, eight never.
    #[test]
    fn every_sum_draws_weights_of_its_own() {
        let sums: HashSet<G2Affine> = (0..64).map(|_| random_sum(&[G2Affine::generator()])).collect();
        assert!(sums.len() > 56, "{} different sums", sums.len());
    }
}
