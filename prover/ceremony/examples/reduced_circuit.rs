//! A reduced circuit of ours, for trials of a ceremony: `make ceremony-demo`.
//!
//! It is the universal circuit, line by line, for a configuration that is much smaller than any profile: one module,
//! polynomials of 2^10 entries, and **a few bits of security instead of 100**, which is what makes it small. It is no
//! profile: no command of `rankproof` makes or takes keys for it. What it seals is a real LoRA proof.
//!
//!     reduced_circuit r1cs FILE.r1cs
//!     reduced_circuit seal INITIAL.zkey LAST.zkey FILE.ptau DIR     keys, a seal, and the files of snarkjs and Solidity

use std::path::Path;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use rankproof_ceremony::finalise::{Ceremony, Identity, finalise};
use rankproof_ceremony::ptau::PowersOfTau;
use rankproof_ceremony::zkey::Zkey;
use rankproof_ceremony::{r1cs, snark_json};
use rankproof_groth16_seal::{ConstraintSystem, Matrices, Seal, SealJson, circuit, export, prover, seal};
use rankproof_lora_proof::argument::adapter_preimage;
use rankproof_lora_proof::config::Parameters;
use rankproof_lora_proof::{Config, F, LoraProof, commit_weights, prove, verify};
use rankproof_statement::layout::sort_into_slots;
use rankproof_statement::{
    Maxima, QuantizedActivations, QuantizedAdapter, QuantizedModule, WeightBits, WeightsLayout, Witness, claim, tables,
};

const PROFILE: &str = "reduced-insecure";
const SECURITY_BITS: u32 = 6;

type Anyhow<T> = Result<T, Box<dyn std::error::Error>>;

fn config() -> Config {
    let maxima =
        Maxima { log_size: 10, modules: 1, log_rank_space: 2, log_input_space: 4, log_output_space: 4, log_tokens: 2 };
    let parameters = Parameters {
        maxima,
        security_bits: SECURITY_BITS,
        log_inverse_rate: 3,
        log_domain_shrink: 1,
        proximity_margin: 3,
        max_pow_bits: [2, 2],
    };
    Config::new(parameters).expect("a configuration, if a weak one")
}

fn matrices() -> Matrices {
    let config = config();
    let mut cs = ConstraintSystem::recording();
    circuit::synthesize(&mut cs, &config, &[circuit::blank(&config)]);
    cs.into_parts().0
}

/// A module of rank 4 on 16 inputs, 16 outputs and 4 tokens, from a fixed seed.
fn lora_proof(config: &Config) -> Anyhow<LoraProof> {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let (name, features, rank, tokens) = ("demo".to_owned(), 16, 4, 4);
    let mut codes = |count: usize| (0..count).map(|_| rng.gen_range(-7..=7)).collect::<Vec<i8>>();
    let (lora_a, lora_b) = (codes(rank * features), codes(features * rank));
    let activations = QuantizedActivations {
        module: name.clone(),
        tokens,
        in_features: features,
        x: (0..tokens * features).map(|_| rng.r#gen()).collect(),
        token_scale: vec![0.5; tokens],
    };
    let out_scale = vec![0.25; features];
    let module =
        QuantizedModule { name, in_features: features, out_features: features, rank, lora_a, lora_b, out_scale };
    let mut adapter = QuantizedAdapter { bits: WeightBits::Four, modules: vec![module], base_model_digest: [7; 32] };
    sort_into_slots(&mut adapter);
    let witness = Witness::new(adapter, vec![activations])?;
    let layout = WeightsLayout::plan(&witness.adapter, config.maxima())?;
    let commitment = commit_weights(config, tables::weights(&witness.adapter, &layout, config.maxima()));
    let salts = [F::from(1_001u64), F::from(1_002u64)];
    let preimage = adapter_preimage(&witness.adapter, commitment.root(), commitment.ood_value(), salts[0]);
    Ok(prove(config, &witness, &layout, &commitment, &preimage, F::from(0u64), salts[1])?)
}

fn write_seal(initial: &Path, last: &Path, powers: &Path, directory: &Path) -> Anyhow<()> {
    let config = config();
    let (key, powers) = (Zkey::open(last)?, PowersOfTau::open(powers)?);
    let inner_digest = seal::parameters_digest(&config);
    let identity = Identity { profile: PROFILE.to_owned(), slots: 1, inner_digest };
    let ceremony = Ceremony { matrices: matrices(), powers: &powers, initial: Some(initial), key: &key };
    let key = finalise(ceremony, identity, true)?;

    let proof = lora_proof(&config)?;
    verify(&config, &proof)?;
    let mut cs = ConstraintSystem::assigning(key.matrices().num_variables());
    circuit::synthesize(&mut cs, &config, std::slice::from_ref(&proof));
    let assignment = cs.into_assignment();
    let groth16 = prover::prove(&key, &assignment)?;
    let verifying_key = key.verifying_key();
    let statements = vec![proof.statement];
    let sealed = Seal {
        profile: PROFILE.to_owned(),
        slots: 1,
        selector: seal::selector_of(verifying_key)?,
        root: claim::root(&statements),
        statements,
        proof: groth16,
    };
    seal::verify(verifying_key, &sealed)?;

    std::fs::create_dir_all(directory)?;
    let header = verifying_key.header();
    let solidity = export::render_verifying_key(verifying_key.points(), 1, inner_digest, PROFILE, header.development)?;
    let json = SealJson::from(&sealed);
    for (name, text) in [
        ("SealVerifyingKey.sol", solidity),
        ("seal.json", serde_json::to_string_pretty(&json)?),
        ("verification_key.json", snark_json::verification_key(verifying_key).to_string()),
        ("proof.json", snark_json::proof(&sealed.proof).to_string()),
        ("public.json", snark_json::public(assignment.public_inputs()).to_string()),
    ] {
        std::fs::write(directory.join(name), text)?;
    }
    println!("seal of {} bytes, verified natively, selector {}", sealed.to_bytes().len(), json.selector);
    Ok(())
}

fn main() -> Anyhow<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["r1cs", file] => {
            let matrices = matrices();
            r1cs::write(&matrices, Path::new(file), false)?;
            println!("{} constraints, {SECURITY_BITS} bits of security: for trials only", matrices.num_constraints());
            Ok(())
        }
        ["seal", initial, last, powers, directory] => {
            write_seal(Path::new(initial), Path::new(last), Path::new(powers), Path::new(directory))
        }
        _ => Err("usage: reduced_circuit r1cs FILE | seal INITIAL.zkey LAST.zkey FILE.ptau DIR".into()),
    }
}
