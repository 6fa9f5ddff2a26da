//! A reduced circuit of ours, for trials of a ceremony: `make ceremony-demo`.
//!
//! It is the last part of the universal circuit, with four slots: statements that the prover knows are hashed to `root`
//! and tied to `challenge` and `evaluation`. That any LoRA proof verifies is left out, which is what makes it small, so a
//! seal for it **proves nothing about adapters**. Public inputs, seal and contract are those of the real circuit. It is
//! no profile: no command of `rankproof` makes or takes keys for it.
//!
//!     reduced_circuit r1cs FILE.r1cs
//!     reduced_circuit seal INITIAL.zkey LAST.zkey FILE.ptau DIR     keys, a seal, and the files of snarkjs and Solidity

use std::path::Path;

use rankproof_ceremony::finalise::{Ceremony, Identity, finalise};
use rankproof_ceremony::ptau::PowersOfTau;
use rankproof_ceremony::zkey::Zkey;
use rankproof_ceremony::{quiet, r1cs, snark_json};
use rankproof_groth16_seal::{Assignment, ConstraintSystem, Matrices, Seal, SealJson, circuit, export, prover, seal};
use rankproof_statement::{F, Statement, claim};

const PROFILE: &str = "reduced-demo";
const SLOTS: u32 = 4;
/// Names the parameters of the circuit in key and contract; it has none.
const PARAMETERS_DIGEST: [u8; 32] = [0; 32];

type Anyhow<T> = Result<T, Box<dyn std::error::Error>>;

fn statements() -> Vec<Statement> {
    let element = |slot: u32, field: u64| F::from(u64::from(slot) * 3 + field + 1_000);
    let statement =
        |slot| Statement { adapter: element(slot, 0), activations: element(slot, 1), context: element(slot, 2) };
    (0..SLOTS).map(statement).collect()
}

fn write_circuit() -> (Matrices, Assignment) {
    let statements = statements();
    let mut cs = ConstraintSystem::recording();
    let public = claim::public_inputs(&statements).map(|input| cs.public(input));
    let statements = statements.iter().map(|statement| statement.elements().map(|element| cs.witness(element)));
    let statements = statements.collect();
    circuit::bind_statements(&mut cs, &public, statements);
    cs.into_parts()
}

fn write_seal(initial: &Path, last: &Path, powers: &Path, directory: &Path) -> Anyhow<()> {
    let (key, powers) = (Zkey::open(last)?, PowersOfTau::open(powers)?);
    let identity = Identity { profile: PROFILE.to_owned(), slots: SLOTS, inner_digest: PARAMETERS_DIGEST };
    let (matrices, assignment) = write_circuit();
    let ceremony = Ceremony { matrices, powers: &powers, initial: Some(initial), key: &key };
    let key = finalise(ceremony, identity, true, &quiet)?;
    let verifying_key = key.verifying_key();
    let statements = statements();
    let sealed = Seal {
        profile: PROFILE.to_owned(),
        slots: SLOTS,
        selector: seal::selector_of(verifying_key)?,
        root: claim::root(&statements),
        statements,
        proof: prover::prove(&key, &assignment)?,
    };
    seal::verify(verifying_key, &sealed)?;

    std::fs::create_dir_all(directory)?;
    let header = verifying_key.header();
    let solidity =
        export::render_verifying_key(verifying_key.points(), SLOTS, PARAMETERS_DIGEST, PROFILE, header.development)?;
    let json = SealJson::from(&sealed);
    for (name, text) in [
        ("SealVerifyingKey.sol", solidity),
        ("seal.json", serde_json::to_string_pretty(&json)?),
        ("key.json", format!("{:#}\n", snark_json::points(verifying_key.points()))),
        ("verification_key.json", format!("{:#}\n", snark_json::verification_key(verifying_key))),
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
            let matrices = write_circuit().0;
            r1cs::write(&matrices, Path::new(file), false)?;
            println!("{} constraints; proves nothing about adapters: for trials only", matrices.num_constraints());
            Ok(())
        }
        ["seal", initial, last, powers, directory] => {
            write_seal(Path::new(initial), Path::new(last), Path::new(powers), Path::new(directory))
        }
        _ => Err("usage: reduced_circuit r1cs FILE | seal INITIAL.zkey LAST.zkey FILE.ptau DIR".into()),
    }
}
