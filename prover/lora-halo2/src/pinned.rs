//! The parameters that this program uses, by digest.
//!
//! The generators are hashed from nothing, so nobody knows a relation between them, and that is all the soundness of
//! the commitment. Whoever knows the discrete logarithms of other generators opens a commitment to anything. A file of
//! parameters is therefore worth what its digest is compared with, and these are the constants. What is made anew is
//! compared with them too, so a wrong constant is an error and no trap; the tests make those up to k = 16.

use sha2::{Digest, Sha256};

use crate::keys::hex;
use crate::plan::{MAXIMUM_K, MINIMUM_K};

/// What the file of the parameters of one `k` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PinnedParameters {
    /// Bytes: `k`, two times `2^k` points, two points.
    pub length: u64,
    /// SHA-256, hexadecimal.
    pub digest: &'static str,
}

impl PinnedParameters {
    /// Whether this is that file.
    pub fn is(&self, bytes: &[u8]) -> bool {
        hex(&Sha256::digest(bytes)) == self.digest
    }
}

/// SHA-256 of the parameters as `halo2_proofs` writes them, for each `k` from [`MINIMUM_K`] to [`MAXIMUM_K`].
#[rustfmt::skip]
const DIGESTS: [&str; (MAXIMUM_K - MINIMUM_K + 1) as usize] = [
    "b7ea13dd3cfe5db384fab28fd90c4ca7327fb20d3fde16c12eb8b3f81538cb62",
    "65235f086265cdf98b12514ab36fe9b849198870918d73cd160903ceb0a954dc",
    "1eab6f93a080ce41b908d935c04bd2e3ed1ac23f277c15d11c499d56d28fa0f7",
    "1b97b06da453b9efb1ae18b9ba77c3d870f22dc72898297d5707e340c3f44865",
    "76ebe6b75b5281cb1dcc2eb04888968573758672b521522f62abedf6366bb876",
    "1cb278fe4d9cf5325e5cbc710d863c0deca3e961e1b8f6c8736890c43345c461",
    "e1fb29749c7bd0870768044d5329b4e293cb2d44dae24db2554605427b19d0dd",
    "174780f80c577d968d10bc3f0a8f819e55a96b9e882ffe73c15d55e9f94053e2",
    "7c65b8e3d12f2c1054f07c2721da8670d97f0f14c846df6bcf4d390dd62cbceb",
    "50645fa7a51508a3fe9e34b5b34ee31bfe6a19891364b682d801b3ca265afe33",
    "99e0ead628c6dd379468845cdbb9379f839856d502f122edae91059cd2a78ab5",
    "f4d375ececf32f64193b4c452a59313b92798ede9ee1f6419af82259c4f161c8",
];

/// The parameters of circuits with `2^k` rows, if the planner makes circuits of that size.
pub(crate) fn pinned_parameters(k: u32) -> Option<PinnedParameters> {
    let index = usize::try_from(k.checked_sub(MINIMUM_K)?).ok()?;
    let digest = DIGESTS.get(index)?;
    Some(PinnedParameters { length: 4 + 32 * ((2 << k) + 2), digest })
}

#[cfg(test)]
mod tests {
    use halo2_proofs::pasta::EqAffine;
    use halo2_proofs::poly::commitment::Params;

    use super::*;

    /// Hashes the generators anew.
    fn check(k: u32) {
        let mut bytes = Vec::new();
        Params::<EqAffine>::new(k).write(&mut bytes).expect("memory");
        let digest = hex(&Sha256::digest(&bytes));
        let pinned = pinned_parameters(k).expect("the planner takes it");
        assert_eq!((pinned.length, pinned.digest), (bytes.len() as u64, digest.as_str()), "k = {k}");
    }

    #[test]
    fn small_parameters_are_those_that_are_hashed_from_nothing() {
        (MINIMUM_K..=12).for_each(check);
    }

    #[test]
    #[ignore = "minutes: make test-full"]
    fn larger_parameters_are_those_that_are_hashed_from_nothing() {
        (13..=16).for_each(check);
    }

    #[test]
    fn sizes_that_the_planner_never_takes_have_none() {
        assert_eq!([0, MINIMUM_K - 1, MAXIMUM_K + 1, u32::MAX].map(pinned_parameters), [None; 4]);
    }
}
