//! A one-time signature that binds what is only known after the argument: time, memory, and the argument's own bytes.
//!
//! What a proof commits to is fixed before its transcript begins, so its duration cannot be in there. The prover draws a
//! key `s`, puts the digest of `P = s G` among the public inputs of the argument, and after proving signs everything
//! else in the file with it (Schnorr over Vesta):
//!
//! ```text
//! R = r G,   z = r + e s,   e = H(R, P, message),   accepted if z G = R + e P
//! ```
//!
//! Whoever changes the file needs `s`, which is forgotten, or a new argument. It identifies nobody.

#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use halo2_proofs::pasta::group::CurveAffine as _;
use halo2_proofs::pasta::group::ff::{Field, FromUniformBytes, PrimeField};
use halo2_proofs::pasta::group::{Curve, Group, GroupEncoding};
use halo2_proofs::pasta::{Eq, EqAffine, Fp};
use rand10::rand_core::Rng;
use sha2::{Digest, Sha512};

use crate::Error;

/// Bytes of an encoded stamp: `P`, `R`, `z`.
pub const STAMP_BYTES: usize = 96;

/// The key of one file.
pub struct StampKey {
    secret: Fp,
    public: [u8; 32],
}

impl std::fmt::Debug for StampKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StampKey").field("public", &self.public).finish_non_exhaustive()
    }
}

/// A stamp: the public key and the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// `P`, compressed.
    pub public: [u8; 32],
    /// `R`, compressed.
    pub commitment: [u8; 32],
    /// `z`, canonical, little-endian.
    pub response: [u8; 32],
}

fn challenge(commitment: &[u8; 32], public: &[u8; 32], message: &[u8; 32]) -> Fp {
    let mut hasher = Sha512::new();
    hasher.update(b"rankproof.halo2.stamp.v1");
    hasher.update(commitment);
    hasher.update(public);
    hasher.update(message);
    Fp::from_uniform_bytes(&hasher.finalize().into())
}

impl StampKey {
    /// Draws a key.
    pub fn draw(rng: &mut impl Rng) -> Self {
        let secret = Fp::random(rng);
        Self { secret, public: (Eq::generator() * secret).to_affine().to_bytes() }
    }

    /// `P`.
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// Signs once; the key is gone.
    pub fn stamp(self, message: &[u8; 32], rng: &mut impl Rng) -> Stamp {
        let nonce = Fp::random(rng);
        let commitment = (Eq::generator() * nonce).to_affine().to_bytes();
        let response = nonce + challenge(&commitment, &self.public, message) * self.secret;
        Stamp { public: self.public, commitment, response: response.to_repr() }
    }
}

impl Stamp {
    /// Checks the signature.
    ///
    /// # Errors
    /// [`Error::Malformed`] when an encoding is not canonical, [`Error::StampRejected`] when the equation fails.
    pub fn verify(&self, message: &[u8; 32]) -> Result<(), Error> {
        let malformed = Error::Malformed { field: "stamp", reason: "is not two points and a canonical scalar" };
        let point = |bytes: &[u8; 32]| {
            let point: Option<EqAffine> = EqAffine::from_bytes(bytes).into();
            point.filter(|point| !bool::from(point.is_identity())).ok_or_else(|| malformed.clone())
        };
        let (public, commitment) = (point(&self.public)?, point(&self.commitment)?);
        let response: Option<Fp> = Fp::from_repr(self.response).into();
        let response = response.ok_or_else(|| malformed.clone())?;
        let e = challenge(&self.commitment, &self.public, message);
        let (left, right) = (Eq::generator() * response, commitment + public * e);
        if left == right { Ok(()) } else { Err(Error::StampRejected) }
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test may panic")]
mod tests {
    use rand10::rand_core::UnwrapErr;
    use rand10::rngs::SysRng;

    use super::*;

    const MESSAGE: [u8; 32] = [7; 32];

    fn honest() -> Stamp {
        let mut rng = UnwrapErr(SysRng);
        let stamp = StampKey::draw(&mut rng).stamp(&MESSAGE, &mut rng);
        assert_eq!(stamp.verify(&MESSAGE), Ok(()));
        stamp
    }

    fn point(bytes: &[u8; 32]) -> Eq {
        Option::<EqAffine>::from(EqAffine::from_bytes(bytes)).expect("a point").into()
    }

    #[test]
    fn refuses_another_message() {
        assert_eq!(honest().verify(&[8; 32]), Err(Error::StampRejected));
    }

    /// `R = z G - e P` for a challenge `e` of another `R`: it would hold if the challenge did not depend on `R`.
    #[test]
    fn refuses_a_commitment_chosen_after_the_challenge() {
        let mut stamp = honest();
        let e = challenge(&stamp.commitment, &stamp.public, &MESSAGE);
        let response = Fp::from(5);
        stamp.commitment = (Eq::generator() * response - point(&stamp.public) * e).to_affine().to_bytes();
        stamp.response = response.to_repr();
        assert_eq!(stamp.verify(&MESSAGE), Err(Error::StampRejected));
    }

    /// `P' = P + d G`, `z' = z + e d`: it would hold if the challenge did not depend on the key.
    #[test]
    fn refuses_a_stamp_moved_to_a_related_key() {
        let mut stamp = honest();
        let (d, e) = (Fp::from(9), challenge(&stamp.commitment, &stamp.public, &MESSAGE));
        let response: Fp = Option::from(Fp::from_repr(stamp.response)).expect("canonical");
        stamp.public = (point(&stamp.public) + Eq::generator() * d).to_affine().to_bytes();
        stamp.response = (response + e * d).to_repr();
        assert_eq!(stamp.verify(&MESSAGE), Err(Error::StampRejected));
    }

    #[test]
    fn refuses_the_identity_and_what_is_not_canonical() {
        let malformed = Err(Error::Malformed { field: "stamp", reason: "is not two points and a canonical scalar" });
        let mut keyless = honest(); // the identity as a key: everybody knows its secret
        keyless.public = EqAffine::identity().to_bytes();
        keyless.response = Fp::from(5).to_repr();
        keyless.commitment = (Eq::generator() * Fp::from(5)).to_affine().to_bytes();
        assert_eq!(keyless.verify(&MESSAGE), malformed);
        type Edit = fn(&mut Stamp);
        let edits: [Edit; 3] = [|s| s.public = [0xff; 32], |s| s.commitment = [0xff; 32], |s| s.response = [0xff; 32]];
        for edit in edits {
            let mut stamp = honest();
            edit(&mut stamp);
            assert_eq!(stamp.verify(&MESSAGE), malformed);
        }
    }
}
