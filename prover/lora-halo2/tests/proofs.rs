//! Real proofs: every rank on a rectangular shape, a real module, and what a verifier refuses.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use halo2_proofs::pasta::Fp;
use rankproof_lora_halo2::container::to_bytes;
use rankproof_lora_halo2::{
    ActivationsBinding, AdapterBinding, Cache, Error, Keys, LoraProof, Opening, Plan, Shape, VerifierKeys, prove,
    verify, verify_with,
};
use rankproof_statement::{QuantizedActivations, QuantizedAdapter, QuantizedModule, WeightBits, Witness};

const GIB: u64 = 1 << 30;

fn witness(bits: WeightBits, tokens: usize, sizes: &[(usize, usize, usize)]) -> Witness {
    let mut state = 5u64;
    let mut next = move |modulus: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as i64 % modulus
    };
    let max = i64::from(bits.max_code());
    let mut codes = |count: usize| (0..count).map(|_| (next(2 * max + 1) - max) as i8).collect::<Vec<_>>();
    let modules: Vec<QuantizedModule> = sizes
        .iter()
        .enumerate()
        .map(|(index, (in_features, rank, out_features))| QuantizedModule {
            name: format!("layer.{index}"),
            in_features: *in_features,
            out_features: *out_features,
            rank: *rank,
            lora_a: codes(rank * in_features),
            lora_b: codes(rank * out_features),
            out_scale: vec![0.5; *out_features],
        })
        .collect();
    let activations = modules
        .iter()
        .map(|module| QuantizedActivations {
            module: module.name.clone(),
            tokens,
            in_features: module.in_features,
            x: (0..tokens * module.in_features).map(|i| (i * 7919 % 65_535) as u16 as i16).collect(),
            token_scale: vec![0.25; tokens],
        })
        .collect();
    let adapter = QuantizedAdapter { bits, modules, base_model_digest: [9; 32] };
    Witness::new(adapter, activations).expect("a witness")
}

fn open(witness: &Witness) -> (Shape, Opening) {
    let shape = Shape::of(&witness.adapter, &witness.activations).expect("a shape");
    let adapter = AdapterBinding { manifest_digest: [1; 32], base_model_digest: [9; 32], salt: Fp::from(77) };
    let activations = ActivationsBinding { scales_digest: [2; 32], salt: Fp::from(78) };
    let opening = Opening::new(witness, &shape, adapter, activations).expect("the relation holds");
    (shape, opening)
}

struct Honest {
    shape: Shape,
    opening: Arc<Opening>,
    keys: Keys,
    proof: LoraProof,
}

/// One honest proof that all rejection tests start from.
fn honest() -> &'static Honest {
    static HONEST: OnceLock<Honest> = OnceLock::new();
    HONEST.get_or_init(|| {
        let (shape, opening) = open(&witness(WeightBits::Four, 1, &[(12, 2, 9)]));
        let keys = Keys::new(&shape, &Cache::none(), GIB).expect("keys");
        let opening = Arc::new(opening);
        let proof = prove(&keys, Arc::clone(&opening), Fp::from(42), Duration::ZERO).expect("a proof");
        verify_with(&keys.verifier, &proof).expect("the honest twin verifies");
        Honest { shape, opening, keys, proof }
    })
}

fn prove_and_verify(witness: &Witness) {
    let (shape, opening) = open(witness);
    let keys = Keys::new(&shape, &Cache::none(), 8 * GIB).expect("keys");
    let ids = (opening.adapter_id(&shape), opening.activations_id(&shape));
    let proof = prove(&keys, Arc::new(opening), Fp::from(42), Duration::ZERO).expect("a proof");
    verify_with(&keys.verifier, &proof).expect("it verifies");
    assert_eq!((proof.public_inputs.adapter, proof.public_inputs.activations), ids);
}

#[test]
fn proves_ranks_1_to_16_on_rectangular_shapes() {
    for (rank, sizes) in [(1, (20, 30)), (2, (16, 40)), (4, (40, 16)), (8, (24, 12)), (16, (12, 20))] {
        prove_and_verify(&witness(WeightBits::Four, 1, &[(sizes.0, rank, sizes.1)]));
    }
}

#[test]
fn proves_eight_bits_several_modules_and_tokens_in_one_proof() {
    prove_and_verify(&witness(WeightBits::Eight, 3, &[(10, 2, 7), (10, 3, 5), (6, 1, 11)]));
}

fn real_module(tokens: usize, count: usize) -> Witness {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/minilm-qv-r8");
    let adapter = rankproof_adapter::read_adapter(&folder, None).expect("the fixture");
    let mut quantized = rankproof_adapter::quantize(&adapter, WeightBits::Four, [3; 32]).expect("quantised");
    quantized.modules.truncate(count);
    let wanted = quantized.modules.iter().map(|module| (module.name.as_str(), module.in_features));
    let file = folder.join("activations.safetensors");
    let float = rankproof_adapter::read_activations(&file, wanted, Some(tokens)).expect("activations");
    let activations = rankproof_adapter::quantize_activations(&float);
    Witness::new(quantized, activations).expect("a witness")
}

#[test]
fn proves_a_real_module_of_the_fixture() {
    prove_and_verify(&real_module(1, 1));
}

#[test]
#[ignore = "a minute: all twelve modules of the fixture in one proof"]
fn proves_all_modules_of_the_fixture() {
    prove_and_verify(&real_module(1, 12));
}

#[test]
fn reads_back_what_it_writes_plain_and_compressed() {
    let proof = &honest().proof;
    assert_eq!(LoraProof::from_bytes(&proof.to_bytes()).as_ref(), Ok(proof));
    let compressed = proof.to_gzip().expect("compressed");
    assert_eq!(LoraProof::from_gzip(&compressed).as_ref(), Ok(proof));
    let json = proof.to_json();
    assert_eq!(json["public_inputs"]["context"], format!("0x{:064x}", 42));
    assert_eq!(json["proof_data"].as_str().map(str::len), Some(2 + 2 * proof.proof_data.len()));
}

#[test]
fn refuses_every_changed_byte() {
    let Honest { keys, proof, .. } = honest();
    let bytes = proof.to_bytes();
    for index in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[index] ^= 1 << (index % 8);
        if let Ok(read) = LoraProof::from_bytes(&changed) {
            assert!(verify_with(&keys.verifier, &read).is_err(), "byte {index} can be changed");
        }
    }
}

#[test]
fn refuses_every_prefix_and_every_extension() {
    let bytes = honest().proof.to_bytes();
    for length in 0..bytes.len() {
        assert!(LoraProof::from_bytes(&bytes[..length]).is_err(), "a prefix of {length} bytes is read");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(LoraProof::from_bytes(&longer), Err(Error::TrailingBytes { count: 1 }));
}

#[test]
fn refuses_every_changed_byte_of_a_compressed_file() {
    let compressed = honest().proof.to_gzip().expect("compressed");
    for index in 0..compressed.len() {
        let mut changed = compressed.clone();
        changed[index] ^= 1 << (index % 8);
        assert!(LoraProof::from_gzip(&changed).is_err(), "byte {index} can be changed");
    }
    let mut longer = compressed.clone();
    longer.push(0);
    assert!(LoraProof::from_gzip(&longer).is_err());
}

/// The honest proof's file, changed, and stamped anew by somebody who does not know the key: they need another key.
#[test]
fn rejects_with_stamp_rejected_when_metadata_change() {
    let Honest { keys, proof, .. } = honest();
    let mut changed = proof.clone();
    changed.metadata.proving_milliseconds += 1;
    assert_eq!(verify_with(&keys.verifier, &changed), Err(Error::StampRejected));
}

#[test]
fn rejects_with_proof_rejected_when_another_key_stamps_the_file() {
    use rankproof_lora_halo2::stamp::StampKey;
    let Honest { keys, proof, .. } = honest();
    let mut rng = rand10::rand_core::UnwrapErr(rand10::rngs::SysRng);
    let restamp = |mut file: LoraProof| {
        file.stamp = StampKey::draw(&mut rand10::rand_core::UnwrapErr(rand10::rngs::SysRng))
            .stamp(&file.stamped_digest(), &mut rand10::rand_core::UnwrapErr(rand10::rngs::SysRng));
        file
    };
    let key = StampKey::draw(&mut rng);
    let mut restamped = proof.clone();
    restamped.stamp = key.stamp(&proof.stamped_digest(), &mut rng);
    assert_eq!(verify_with(&keys.verifier, &restamped), Err(Error::ProofRejected));
    // With the stamp out of the way each field is guarded by the argument itself.
    let edits: [fn(&mut LoraProof); 3] = [
        |file| file.public_inputs.adapter += Fp::from(1),
        |file| file.public_inputs.activations += Fp::from(1),
        |file| file.public_inputs.context += Fp::from(1),
    ];
    for edit in edits {
        let mut changed = proof.clone();
        edit(&mut changed);
        assert_eq!(verify_with(&keys.verifier, &restamp(changed)), Err(Error::ProofRejected));
    }
    let mut changed = proof.clone();
    changed.metadata.rows += 1;
    let expected = Error::Malformed { field: "rows, look-ups, products", reason: "are not those of its shape" };
    assert_eq!(verify_with(&keys.verifier, &restamp(changed)), Err(expected));
    let mut changed = proof.clone();
    changed.params.circuit_digest[0] ^= 1;
    assert_eq!(verify_with(&keys.verifier, &restamp(changed)), Err(Error::CircuitMismatch));
}

#[test]
fn rejects_a_proof_of_another_shape() {
    let Honest { proof, .. } = honest();
    let mut shape = proof.params.shape.clone();
    shape.modules[0].out_features += 1;
    let keys = VerifierKeys::new(&shape, &Cache::none()).expect("keys");
    assert_eq!(verify_with(&keys, proof), Err(Error::CircuitMismatch));
}

#[test]
fn rejects_with_relation_violated_before_proving() {
    let Honest { opening, keys, .. } = honest();
    let mut false_opening = (**opening).clone();
    false_opening.outputs[0][3] += 1;
    let result = prove(keys, Arc::new(false_opening), Fp::from(42), Duration::ZERO);
    assert_eq!(result.err(), Some(Error::RelationViolated));
}

/// Two tables of outputs that pack into the same words: the false one is refused by its width.
#[test]
fn rejects_with_output_out_of_range_what_would_pack_like_other_outputs() {
    use rankproof_lora_halo2::opening::{check_outputs, value_words};
    let Honest { shape, opening, .. } = honest();
    let bits = shape.output_bits(&shape.modules[0]);
    let mut outputs = opening.outputs.clone();
    outputs[0][0] -= 1;
    outputs[0][1] += 1 << bits;
    let words = |outputs: &[Vec<i64>]| value_words(shape, &opening.inputs, outputs);
    assert_eq!(words(&outputs), words(&opening.outputs));
    assert_eq!(check_outputs(shape, &opening.outputs), Ok(()));
    assert_eq!(check_outputs(shape, &outputs), Err(Error::OutputOutOfRange { module: 0, index: 1 }));
}

#[test]
fn refuses_what_does_not_fit_memory_and_says_so() {
    let shape = &honest().shape;
    let plan = Plan::new(shape).expect("a plan");
    let expected = Error::OutOfMemory { needed_mib: plan.memory >> 20, allowed_mib: 16 };
    assert_eq!(Keys::new(shape, &Cache::none(), 16 << 20).err(), Some(expected.clone()));
    assert_eq!(verify(&honest().proof, &Cache::none(), 16 << 20).err(), Some(expected));
}

/// A file may name sizes that are each allowed and together are beyond any machine; they are refused unlisted.
#[test]
fn refuses_a_shape_of_billions_of_blocks_at_once() {
    use rankproof_lora_halo2::{ModuleShape, Update};
    let module = |input| ModuleShape { in_features: 1, out_features: 1, update: Update::LowRank { rank: 128 }, input };
    let mut shape = honest().shape.clone();
    shape.tokens = 1 << 12;
    shape.modules = (0..1 << 10).map(module).collect();
    shape.check().expect("every size is within its bound");
    assert!(matches!(Plan::new(&shape), Err(Error::TooManyRows { maximum_k: 20, .. })));
}

#[test]
fn keeps_parameters_and_circuit_digests_and_notices_damage() {
    let Honest { shape, proof, .. } = honest();
    let folder = tempfile::tempdir().expect("a folder");
    let cache = Cache::at(folder.path());
    verify(proof, &cache, GIB).expect("it verifies and fills the cache");
    verify(proof, &cache, GIB).expect("it verifies from the cache");
    let k = Plan::new(shape).expect("a plan").k;
    let params = folder.path().join(format!("vesta-k{k}.params"));
    let honest_bytes = std::fs::read(&params).expect("written");
    let mut bytes = honest_bytes.clone();
    bytes[100] ^= 1;
    std::fs::write(&params, &bytes).expect("damaged");
    assert!(matches!(verify(proof, &cache, GIB), Err(Error::Cache { step: "use", .. })));
    std::fs::write(&params, &honest_bytes).expect("mended");
    let circuit = std::fs::read_dir(folder.path())
        .expect("listed")
        .filter_map(Result::ok)
        .find(|entry| entry.path().extension().is_some_and(|extension| extension == "circuit"))
        .expect("a circuit digest is kept");
    std::fs::write(circuit.path(), [0; 32]).expect("changed");
    assert!(matches!(verify(proof, &cache, GIB), Err(Error::Cache { step: "use", .. })));
}

/// Weights, activations and salts cannot be found in the file, in any packing that this program knows.
#[test]
fn the_file_holds_no_byte_of_the_witness() {
    let (shape, opening) = open(&witness(WeightBits::Eight, 1, &[(32, 4, 24)]));
    let keys = Keys::new(&shape, &Cache::none(), GIB).expect("keys");
    let proof = prove(&keys, Arc::new(opening.clone()), Fp::from(42), Duration::ZERO).expect("a proof");
    let file = proof.to_bytes();
    let mut secrets: Vec<Vec<u8>> = Vec::new();
    for module in &opening.weights {
        for codes in [&module.lora_a, &module.lora_b] {
            secrets.extend(
                codes.chunks(6).filter(|c| c.len() == 6).map(|c| c.iter().map(|w| w.cast_unsigned()).collect()),
            );
        }
    }
    secrets.extend(opening.inputs[0].chunks(4).map(|x| x.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>()));
    secrets.extend(opening.inputs[0].chunks(4).map(|x| x.iter().flat_map(|x| x.to_be_bytes()).collect::<Vec<_>>()));
    secrets
        .extend(opening.outputs[0].chunks(1).map(|y| y[0].to_be_bytes().to_vec()).filter(|y| y[0] != 0 && y[0] != 255));
    let words = rankproof_lora_halo2::opening::weight_words(&shape, &opening.weights);
    let values = rankproof_lora_halo2::opening::value_words(&shape, &opening.inputs, &opening.outputs);
    for word in words.iter().chain(&values).chain([&opening.adapter.salt, &opening.activations.salt]) {
        let mut bytes = to_bytes(word);
        secrets.push(bytes.to_vec());
        bytes.reverse();
        secrets.push(bytes.to_vec());
    }
    for secret in secrets {
        assert!(!file.windows(secret.len()).any(|window| window == secret), "{secret:?} is in the file");
    }
}

#[test]
fn two_proofs_of_one_witness_share_no_commitment() {
    let Honest { opening, keys, proof, .. } = honest();
    let again = prove(keys, Arc::clone(opening), Fp::from(42), Duration::ZERO).expect("a proof");
    verify_with(&keys.verifier, &again).expect("it verifies");
    assert_eq!(again.proof_data.len(), proof.proof_data.len());
    let same = proof.proof_data.chunks(32).filter(|chunk| again.proof_data.chunks(32).any(|other| other == *chunk));
    assert_eq!(same.count(), 0);
}

const PINNED: [&str; 2] = [
    "5c8af87f76a79ab0037bbe8fc65161e0d11c381b361b0a9a8fc73d1bafd143fc",
    "783c91c31f7172f1f455f22497a72ba113fa97759c651e0ff6cbc5e2c5ad0d4b",
];

/// What the circuits are: a change here is a change of every proof and needs a new version of the format.
#[test]
fn circuits_are_pinned() {
    let digest = |bits, tokens, sizes| {
        let (shape, _) = open(&witness(bits, tokens, &[sizes]));
        let keys = VerifierKeys::new(&shape, &Cache::none()).expect("keys");
        keys.circuit_digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let digests = [digest(WeightBits::Four, 1, (12, 2, 9)), digest(WeightBits::Eight, 2, (17, 5, 40))];
    assert_eq!(digests, PINNED);
}
