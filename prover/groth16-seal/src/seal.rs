//! A seal: one Groth16 proof that the LoRA proofs of a batch of statements verify.
//!
//! ```text
//! selector (4) | root (32) | A (64) | B (128) | C (64)        292 bytes, points as EIP-197 words
//! ```
//!
//! The selector names the key ([`selector_of`]), the root is that of the statements' tree. A seal can be
//! re-randomised by anyone: identity is the statement, never the seal. [`seal`] refuses proofs that do not verify
//! natively before it does any work, and checks its own result; [`verify`] does what the contract does.
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

use ark_bn254::{Fq, Fq2, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInt, BigInteger, PrimeField, Zero};
use rankproof_lora_proof::shared::without_repeated_end;
use rankproof_lora_proof::{Config, LoraProof, SharedProof, Subject};
use rankproof_statement::claim::{self, Statement, StatementHex};
use rankproof_statement::field::{from_canonical_bytes, to_canonical_bytes};
use serde::{Deserialize, Serialize};

use crate::{
    ConstraintSystem, Error, F, Groth16Proof, ProvingKey, SealProfile, VerifyingKey, circuit, export, generator,
    prover, verifier,
};

/// No profile has more slots; a file that says otherwise is refused before anything is padded.
const MAX_SLOTS: u32 = 64;

/// Length of a seal.
pub const SEAL_BYTES: usize = 292;

/// Statements and the proof that they were proven.
#[derive(Clone, Debug, PartialEq)]
pub struct Seal {
    /// The profile of the key.
    pub profile: String,
    /// Statements that a seal of this key holds.
    pub slots: u32,
    /// Names the key.
    pub selector: [u8; 4],
    /// The statements, at most `slots`, in order.
    pub statements: Vec<Statement>,
    /// Root over the statements, the last one repeated to fill the slots.
    pub root: F,
    /// The proof.
    pub proof: Groth16Proof,
}

/// The circuit of a profile, written over a blank proof.
pub fn circuit_of(profile: SealProfile) -> crate::Matrices {
    let config = profile.config();
    let mut cs = ConstraintSystem::recording();
    let blank = circuit::blank_shared(&config);
    circuit::synthesize_subjects(&mut cs, &config, &vec![blank.subject(); profile.slots()]);
    cs.into_parts().0
}

/// The digest of a profile's inner configuration, as it stands in key headers and in the contract.
pub fn parameters_digest(config: &Config) -> [u8; 32] {
    to_canonical_bytes(&config.inner_digest())
}

/// Makes the development keys of a profile: **insecure**, anybody can forge with them.
///
/// # Errors
/// As [`generator::development_keys`].
pub fn development_keys(profile: SealProfile) -> Result<ProvingKey, Error> {
    let inner_digest = parameters_digest(&profile.config());
    generator::development_keys(circuit_of(profile), profile.name(), profile.statements(), inner_digest)
}

/// The profile of a key, if this build has it with the same configuration.
///
/// # Errors
/// [`Error::UnknownProfile`], [`Error::ConfigurationMismatch`].
pub fn profile_of(key: &VerifyingKey) -> Result<SealProfile, Error> {
    let header = key.header();
    let profile = SealProfile::from_name(&header.profile)
        .filter(|profile| profile.statements() == header.slots)
        .ok_or_else(|| Error::UnknownProfile { name: header.profile.clone() })?;
    if parameters_digest(&profile.config()) != header.inner_digest {
        return Err(Error::ConfigurationMismatch { profile: header.profile.clone() });
    }
    Ok(profile)
}

/// Compresses LoRA proofs into one seal; fewer proofs than slots repeat the last one.
///
/// # Errors
/// When a proof does not verify, is of another profile, there are none or too many, or the key is for another circuit.
pub fn seal(key: &ProvingKey, proofs: &[LoraProof]) -> Result<Seal, Error> {
    seal_with_rng(key, proofs, &mut rand::rngs::OsRng)
}

/// [`seal`] with randomness of the caller's: with a seed, the same bytes every time, for fixtures.
///
/// # Soundness
/// Whoever knows the randomness learns about the witness: anything but a fixture takes it from the system.
///
/// # Errors
/// As [`seal`].
pub fn seal_with_rng<R: rand::RngCore + rand::CryptoRng>(
    key: &ProvingKey,
    proofs: &[LoraProof],
    rng: &mut R,
) -> Result<Seal, Error> {
    seal_subjects_with_rng(key, &proofs.iter().map(LoraProof::subject).collect::<Vec<_>>(), rng)
}

/// [`seal`] for a proof of several runs; runs that repeat at the end are one statement.
///
/// # Errors
/// As [`seal`].
pub fn seal_shared(key: &ProvingKey, proof: &SharedProof) -> Result<Seal, Error> {
    seal_subjects(key, &[proof.subject()])
}

/// [`seal`] for proofs of either kind.
///
/// # Errors
/// As [`seal`].
pub fn seal_subjects(key: &ProvingKey, subjects: &[Subject<'_>]) -> Result<Seal, Error> {
    seal_subjects_with_rng(key, subjects, &mut rand::rngs::OsRng)
}

fn seal_subjects_with_rng<R: rand::RngCore + rand::CryptoRng>(
    key: &ProvingKey,
    subjects: &[Subject<'_>],
    rng: &mut R,
) -> Result<Seal, Error> {
    let verifying_key = key.verifying_key();
    let profile = profile_of(verifying_key)?;
    let config = profile.config();
    for (index, subject) in subjects.iter().enumerate() {
        subject.verify(&config).map_err(|source| Error::ProofRejected { index, source })?;
    }
    let count = Error::StatementCount { slots: profile.slots(), actual: subjects.len() };
    let last = subjects.last().filter(|_| subjects.len() <= profile.slots()).ok_or(count)?;
    let mut padded = subjects.to_vec();
    padded.resize(profile.slots(), last.clone());
    let mut cs = ConstraintSystem::assigning(key.matrices().num_variables());
    circuit::synthesize_subjects(&mut cs, &config, &padded);
    let assignment = cs.into_assignment();
    let proof = prover::prove_with_rng(key, &assignment, rng)?;
    let all: Vec<Statement> = padded.iter().flat_map(Subject::statements).collect();
    let root = claim::root(&all);
    let statements = if config.statements() == 1 {
        subjects.iter().flat_map(Subject::statements).collect()
    } else {
        without_repeated_end(all)
    };
    let selector = selector_of(verifying_key)?;
    let (name, slots) = (profile.name().to_owned(), verifying_key.header().slots);
    let seal = Seal { profile: name, slots, selector, statements, root, proof };
    verify(verifying_key, &seal)?;
    Ok(seal)
}

/// The digest of a key: what `keyDigest()` of a contract that holds it returns.
///
/// # Errors
/// When the key must not be exported.
pub fn key_digest(key: &VerifyingKey) -> Result<[u8; 32], Error> {
    let header = key.header();
    Ok(export::verifying_key_digest(key.points(), header.slots, header.inner_digest)?)
}

/// The selector of a key's seals: the head of its digest.
///
/// # Errors
/// When the key must not be exported.
pub fn selector_of(key: &VerifyingKey) -> Result<[u8; 4], Error> {
    let [a, b, c, d, ..] = key_digest(key)?;
    Ok([a, b, c, d])
}

/// The public inputs of a seal, from its root and its statements, as the contract computes them.
///
/// # Errors
/// [`Error::StatementCount`].
pub fn public_inputs(key: &VerifyingKey, seal: &Seal) -> Result<[F; 3], Error> {
    let slots = usize::try_from(key.header().slots).unwrap_or(usize::MAX);
    let padded =
        claim::pad(&seal.statements, slots).ok_or(Error::StatementCount { slots, actual: seal.statements.len() })?;
    // The contract has no Poseidon: it takes the root of the seal, and the circuit binds it.
    let challenge = claim::challenge(&seal.root, &padded);
    Ok([seal.root, challenge, claim::evaluation(&challenge, &padded)])
}

/// Checks a seal as the contract does: selector, root, and the pairing equation over the public inputs computed from
/// the statements.
///
/// # Errors
/// The check that failed.
pub fn verify(key: &VerifyingKey, seal: &Seal) -> Result<(), Error> {
    let expected = selector_of(key)?;
    if seal.selector != expected {
        return Err(Error::SelectorMismatch { expected, actual: seal.selector });
    }
    // Nothing below depends on these two, but whoever reads them in a seal that verifies believes them.
    let header = key.header();
    if seal.profile != header.profile {
        return Err(Error::SealOfAnotherProfile { key: header.profile.clone(), seal: seal.profile.clone() });
    }
    if seal.slots != header.slots {
        return Err(Error::SlotsMismatch { key: header.slots, seal: seal.slots });
    }
    verifier::verify(key, &public_inputs(key, seal)?, &seal.proof)
}

fn fq_bytes(coordinate: &Fq) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (target, source) in bytes.iter_mut().rev().zip(coordinate.into_bigint().to_bytes_be().iter().rev()) {
        *target = *source;
    }
    bytes
}

/// Takes words off the front of a seal.
struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (head, tail) = self.0.split_first_chunk::<N>().ok_or(Error::SealMalformed("it is too short"))?;
        self.0 = tail;
        Ok(*head)
    }

    fn coordinate(&mut self) -> Result<Fq, Error> {
        let bytes: [u8; 32] = self.bytes()?;
        let mut limbs = [0u64; 4];
        for (limb, chunk) in limbs.iter_mut().rev().zip(bytes.as_chunks::<8>().0) {
            *limb = u64::from_be_bytes(*chunk);
        }
        Fq::from_bigint(BigInt(limbs)).ok_or(Error::SealMalformed("a coordinate is not below the field's modulus"))
    }

    /// An element of the quadratic extension: imaginary part first.
    fn extension(&mut self) -> Result<Fq2, Error> {
        let imaginary = self.coordinate()?;
        Ok(Fq2::new(self.coordinate()?, imaginary))
    }

    fn g1(&mut self, point: &'static str) -> Result<G1Affine, Error> {
        let (x, y) = (self.coordinate()?, self.coordinate()?);
        if x.is_zero() && y.is_zero() {
            return Ok(G1Affine::identity());
        }
        Some(G1Affine::new_unchecked(x, y)).filter(G1Affine::is_on_curve).ok_or(Error::SealPoint { point })
    }

    fn g2(&mut self, point: &'static str) -> Result<G2Affine, Error> {
        let (x, y) = (self.extension()?, self.extension()?);
        if x.is_zero() && y.is_zero() {
            return Ok(G2Affine::identity());
        }
        Some(G2Affine::new_unchecked(x, y))
            .filter(|point| point.is_on_curve() && point.is_in_correct_subgroup_assuming_on_curve())
            .ok_or(Error::SealPoint { point })
    }
}

impl Seal {
    /// The 292 bytes that a contract takes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.selector.to_vec();
        bytes.extend(to_canonical_bytes(&self.root));
        let Groth16Proof { a, b, c } = &self.proof;
        let (ax, ay) = a.xy().unwrap_or_default();
        let (bx, by) = b.xy().unwrap_or_default();
        let (cx, cy) = c.xy().unwrap_or_default();
        [ax, ay, bx.c1, bx.c0, by.c1, by.c0, cx, cy].iter().for_each(|word| bytes.extend(fq_bytes(word)));
        bytes
    }

    /// Reads [`Self::to_bytes`]; profile, slots and statements travel beside the bytes.
    ///
    /// # Errors
    /// [`Error::SealMalformed`], [`Error::SealPoint`].
    pub fn from_bytes(bytes: &[u8], profile: String, slots: u32, statements: Vec<Statement>) -> Result<Self, Error> {
        let mut words = Words(bytes);
        let selector = words.bytes()?;
        let root =
            from_canonical_bytes(&words.bytes()?).map_err(|_| Error::SealMalformed("its root is not below r"))?;
        let (a, b, c) = (words.g1("A")?, words.g2("B")?, words.g1("C")?);
        if !words.0.is_empty() {
            return Err(Error::SealMalformed("bytes follow the last point"));
        }
        Ok(Self { profile, slots, selector, statements, root, proof: Groth16Proof { a, b, c } })
    }
}

/// A seal as JSON: what `rankproof seal` writes and Foundry reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealJson {
    /// The profile of the key.
    pub profile: String,
    /// Statements that a seal of this key holds.
    pub slots: u32,
    /// First four bytes of `seal`.
    pub selector: String,
    /// The statements.
    pub statements: Vec<StatementHex>,
    /// Bytes 4 to 36 of `seal`.
    pub root: String,
    /// Public input 1, for whoever compares implementations.
    pub challenge: String,
    /// Public input 2.
    pub evaluation: String,
    /// The 292 bytes.
    pub seal: String,
}

/// A field element as a 0x-prefixed word.
pub fn to_hex(element: &F) -> String {
    format!("0x{}", hex::encode(to_canonical_bytes(element)))
}

fn bytes_from_hex(text: &str) -> Result<Vec<u8>, Error> {
    let digits = text.strip_prefix("0x").ok_or(Error::SealMalformed("a number does not start with 0x"))?;
    hex::decode(digits).map_err(|_| Error::SealMalformed("a number is not hexadecimal"))
}

fn element_from_hex(text: &str) -> Result<F, Error> {
    let bytes = bytes_from_hex(text)?;
    let word = <[u8; 32]>::try_from(bytes).map_err(|_| Error::SealMalformed("an element is not 32 bytes"))?;
    from_canonical_bytes(&word).map_err(|_| Error::SealMalformed("an element is not below r"))
}

impl From<&Seal> for SealJson {
    fn from(seal: &Seal) -> Self {
        let slots = usize::try_from(seal.slots).unwrap_or(usize::MAX);
        let padded = claim::pad(&seal.statements, slots).unwrap_or_default();
        let challenge = claim::challenge(&seal.root, &padded);
        Self {
            profile: seal.profile.clone(),
            slots: seal.slots,
            selector: format!("0x{}", hex::encode(seal.selector)),
            statements: seal
                .statements
                .iter()
                .map(|statement| StatementHex {
                    adapter: to_hex(&statement.adapter),
                    activations: to_hex(&statement.activations),
                    context: to_hex(&statement.context),
                })
                .collect(),
            root: to_hex(&seal.root),
            challenge: to_hex(&challenge),
            evaluation: to_hex(&claim::evaluation(&challenge, &padded)),
            seal: format!("0x{}", hex::encode(seal.to_bytes())),
        }
    }
}

impl TryFrom<&SealJson> for Seal {
    type Error = Error;

    fn try_from(json: &SealJson) -> Result<Self, Error> {
        if json.slots == 0 || json.slots > MAX_SLOTS {
            return Err(Error::SealMalformed("its number of slots is not between 1 and 64"));
        }
        let mut statements = Vec::with_capacity(json.statements.len());
        for statement in &json.statements {
            statements.push(Statement {
                adapter: element_from_hex(&statement.adapter)?,
                activations: element_from_hex(&statement.activations)?,
                context: element_from_hex(&statement.context)?,
            });
        }
        let seal = Self::from_bytes(&bytes_from_hex(&json.seal)?, json.profile.clone(), json.slots, statements)?;
        if claim::pad(&seal.statements, usize::try_from(seal.slots).unwrap_or(usize::MAX)).is_none() {
            let slots = usize::try_from(seal.slots).unwrap_or(usize::MAX);
            return Err(Error::StatementCount { slots, actual: seal.statements.len() });
        }
        // What is said twice must be said alike: every other field follows from the bytes and the statements.
        if SealJson::from(&seal) != *json {
            return Err(Error::SealMalformed("its fields contradict each other or are not written canonically"));
        }
        Ok(seal)
    }
}
