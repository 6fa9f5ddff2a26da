//! Prover and verifier of the container.
//!
//! The prover refuses a false witness before any heavy work. Public inputs of the circuit: adapter id, activations id,
//! context, and the low 248 bits of SHA-256 of the stamp's key.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use halo2_proofs::pasta::{EqAffine, Fp};
use halo2_proofs::plonk::{SingleVerifier, create_proof, verify_proof};
use halo2_proofs::transcript::{Blake2bRead, Blake2bWrite, Challenge255};
use rand10::rand_core::UnwrapErr;
use rand10::rngs::SysRng;
use sha2::{Digest, Sha256};

use crate::Error;
use crate::circuit::{LoraCircuit, public};
use crate::container::{FORMAT_VERSION, LoraProof, Metadata, ProofParams, PublicInputs, from_canonical_bytes};
use crate::keys::{Cache, Keys, VerifierKeys, with_circuit};
use crate::opening::{Opening, apply};
use crate::plan::{Columns, Plan};
use crate::shape::Update;
use crate::stamp::StampKey;

/// Program and proof system, as the metadata name them.
pub const PROGRAM: &str = concat!("rankproof-lora-halo2 ", env!("CARGO_PKG_VERSION"), ", halo2_proofs 0.4.0");

/// The low 248 bits of SHA-256 of the stamp's key.
fn stamp_input(stamp_key: &[u8; 32]) -> Fp {
    let mut digest: [u8; 32] = Sha256::digest(stamp_key).into();
    let [first, ..] = &mut digest;
    *first = 0;
    from_canonical_bytes(&digest).unwrap_or_default() // below 2^248: always canonical
}

fn instance(public_inputs: &PublicInputs, stamp_key: &[u8; 32]) -> [Fp; public::COUNT] {
    let mut instance = [Fp::default(); public::COUNT];
    instance[public::ADAPTER] = public_inputs.adapter;
    instance[public::ACTIVATIONS] = public_inputs.activations;
    instance[public::CONTEXT] = public_inputs.context;
    instance[public::METADATA] = stamp_input(stamp_key);
    instance
}

/// Largest resident set of this process in bytes; 0 where the system does not say.
fn peak_memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0).saturating_mul(1024)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Proves that the opening satisfies the relation, for a context; `key_time` is what the keys took, for the record.
///
/// # Errors
/// [`Error::RelationViolated`] for outputs that are not those of the weights and inputs; [`Error::Halo2`] otherwise.
pub fn prove(keys: &Keys, opening: Arc<Opening>, context: Fp, key_time: Duration) -> Result<LoraProof, Error> {
    let start = Instant::now();
    let shape = &keys.shape;
    if apply(shape, &opening.weights, &opening.inputs) != opening.outputs {
        return Err(Error::RelationViolated);
    }
    let (adapter, activations) = (opening.adapter_id(shape), opening.activations_id(shape));
    let public_inputs = PublicInputs { adapter, activations, context };
    let witness_milliseconds = milliseconds(start.elapsed());

    let start = Instant::now();
    let mut rng = UnwrapErr(SysRng);
    let stamp_key = StampKey::draw(&mut rng);
    let instance = instance(&public_inputs, stamp_key.public());
    let mut transcript = Blake2bWrite::<_, EqAffine, Challenge255<_>>::init(Vec::new());
    with_circuit!(keys.verifier.plan.columns, C => create_proof(
        &keys.verifier.params,
        &keys.key,
        &[C::new(Arc::clone(shape), Some(opening))],
        &[&[&instance]],
        &mut rng,
        &mut transcript,
    ))
    .map_err(|error| Error::Halo2 { step: "prove", reason: error.to_string() })?;
    let proof_data = transcript.finalize();
    let plan = &keys.verifier.plan;
    let metadata = Metadata {
        program: PROGRAM.to_owned(),
        rows: plan.rows as u64,
        lookups: plan.lookups,
        products: plan.products,
        key_milliseconds: milliseconds(key_time),
        witness_milliseconds,
        proving_milliseconds: milliseconds(start.elapsed()),
        peak_memory_bytes: peak_memory_bytes(),
    };
    let params = ProofParams { shape: (**shape).clone(), circuit_digest: keys.verifier.circuit_digest };
    let unsigned = crate::stamp::Stamp { public: [0; 32], commitment: [0; 32], response: [0; 32] };
    let mut proof = LoraProof { version: FORMAT_VERSION, params, proof_data, public_inputs, metadata, stamp: unsigned };
    proof.stamp = stamp_key.stamp(&proof.stamped_digest(), &mut rng);
    Ok(proof)
}

/// Checks a proof with the keys of its shape.
///
/// # Caller must
/// Compare the public inputs with what it expects, and make `keys` from the proof's own shape ([`verify`] does).
///
/// # Errors
/// The first check that fails.
pub fn verify_with(keys: &VerifierKeys, proof: &LoraProof) -> Result<(), Error> {
    proof.stamp.verify(&proof.stamped_digest())?;
    verify_argument(keys, proof)
}

/// Everything but the stamp.
fn verify_argument(keys: &VerifierKeys, proof: &LoraProof) -> Result<(), Error> {
    if proof.params.circuit_digest != keys.circuit_digest {
        return Err(Error::CircuitMismatch);
    }
    let plan = &keys.plan;
    let counts = [proof.metadata.rows, proof.metadata.lookups, proof.metadata.products];
    if counts != [plan.rows as u64, plan.lookups, plan.products] {
        return Err(Error::Malformed { field: "rows, look-ups, products", reason: "are not those of its shape" });
    }
    let instance = instance(&proof.public_inputs, &proof.stamp.public);
    let mut rest = CountingReader { rest: &proof.proof_data };
    let mut transcript = Blake2bRead::<_, EqAffine, Challenge255<_>>::init(&mut rest);
    let strategy = SingleVerifier::new(&keys.params);
    verify_proof(&keys.params, &keys.key, strategy, &[&[&instance]], &mut transcript)
        .map_err(|_| Error::ProofRejected)?;
    if rest.rest.is_empty() { Ok(()) } else { Err(Error::TrailingBytes { count: rest.rest.len() }) }
}

/// Checks a proof, making the keys of its shape first.
///
/// # Caller must
/// Compare the public inputs with what it expects.
///
/// # Errors
/// The first check that fails. A dense shape is refused: it exists for the benchmark alone.
pub fn verify(proof: &LoraProof, cache: &Cache, allowed_memory: u64) -> Result<Plan, Error> {
    proof.stamp.verify(&proof.stamped_digest())?;
    if proof.params.shape.modules.iter().any(|module| module.update == Update::Dense) {
        return Err(Error::Malformed { field: "module kind", reason: "is dense, which only the benchmark uses" });
    }
    let plan = Plan::new(&proof.params.shape)?;
    plan.check_memory(allowed_memory)?;
    let keys = VerifierKeys::new(&proof.params.shape, cache)?;
    verify_with(&keys, proof)?;
    Ok(plan)
}

/// A reader that can be asked what is left.
struct CountingReader<'a> {
    rest: &'a [u8],
}

impl io::Read for CountingReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.rest.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use rankproof_statement::WeightBits;

    use super::*;
    use crate::opening::{ActivationsBinding, AdapterBinding, Weights};
    use crate::shape::{ModuleShape, Shape};

    /// Only who has the stamp's key can lengthen the argument; it is refused all the same.
    #[test]
    fn rejects_with_trailing_bytes_what_follows_the_argument() {
        let update = Update::LowRank { rank: 1 };
        let module = ModuleShape { in_features: 2, out_features: 2, update, input: 0 };
        let shape = Shape { bits: WeightBits::Four, tokens: 1, modules: vec![module] };
        let weights = vec![Weights { lora_a: vec![1, -2], lora_b: vec![3, 4] }];
        let inputs = vec![vec![5, 6]];
        let opening = Opening {
            outputs: apply(&shape, &weights, &inputs),
            weights,
            inputs,
            adapter: AdapterBinding { manifest_digest: [1; 32], base_model_digest: [2; 32], salt: Fp::from(3) },
            activations: ActivationsBinding { scales_digest: [4; 32], salt: Fp::from(5) },
        };
        let keys = Keys::new(&shape, &Cache::none(), 1 << 30).expect("keys");
        let mut proof = prove(&keys, Arc::new(opening), Fp::from(6), Duration::ZERO).expect("a proof");
        assert_eq!(verify_argument(&keys.verifier, &proof), Ok(()));
        proof.proof_data.push(0);
        assert_eq!(verify_argument(&keys.verifier, &proof), Err(Error::TrailingBytes { count: 1 }));
    }
}
