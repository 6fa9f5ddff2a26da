//! Digests, ids, claims and contexts, pinned in `fixtures/golden/statement.json`.
//!
//! `fixtures/golden/statement.py` recomputes the manifest, the scales, the packed layouts, the challenge and the
//! evaluation from the same inputs without any of our code; the Poseidon2 hashes are pinned here.

mod support;

use rankproof_statement::claim::{CHALLENGE, EVALUATION, ROOT, challenge, evaluation, pad, public_inputs, root};
use rankproof_statement::digest::{
    CONTEXT_REGISTRATION, CONTEXT_USE, check_context, context_kind, manifest_bytes, out_of_domain_point,
    registration_context, scales_bytes, sha256, use_context,
};
use rankproof_statement::field::{from_canonical_bytes, limbs, to_canonical_bytes};
use rankproof_statement::{
    ActivationsPreimage, AdapterPreimage, Error, F, InputsLayout, Statement, WeightsLayout, Witness,
};
use serde_json::{Value, json};
use support::{MAXIMA, honest};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/golden/statement.json");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

fn word(element: &F) -> String {
    hex(&to_canonical_bytes(element))
}

fn words(elements: &[F]) -> Vec<String> {
    elements.iter().map(word).collect()
}

fn plans(witness: &Witness) -> (WeightsLayout, InputsLayout) {
    let weights = WeightsLayout::plan(&witness.adapter, &MAXIMA).expect("fits");
    let inputs = InputsLayout::plan(&weights, &witness.activations, &MAXIMA).expect("fits");
    (weights, inputs)
}

/// Preimages over small stand-ins for roots and values.
fn preimages(witness: &Witness) -> (AdapterPreimage, ActivationsPreimage) {
    let adapter = AdapterPreimage {
        weights_root: F::from(11u64),
        weights_ood: F::from(12u64),
        manifest_digest: sha256(&manifest_bytes(&witness.adapter)),
        base_model_digest: witness.adapter.base_model_digest,
        salt: F::from(13u64),
    };
    let activations = ActivationsPreimage {
        activations_root: F::from(21u64),
        activations_ood: F::from(22u64),
        scales_digest: sha256(&scales_bytes(&witness.activations)),
        salt: F::from(23u64),
    };
    (adapter, activations)
}

fn statement(seed: u64) -> Statement {
    Statement { adapter: F::from(3 * seed + 1), activations: -F::from(3 * seed + 2), context: F::from(3 * seed + 3) }
}

/// Chain ids, registries and owners: the contract, the script and the crate compute their contexts alike.
fn registrations() -> Vec<Value> {
    let address = |first: u8| -> [u8; 20] { std::array::from_fn(|i| first.wrapping_add((i as u8).wrapping_mul(17))) };
    [(31337, address(0x5f), address(0xf3)), (1, address(1), address(2)), (u64::MAX, [255; 20], [0; 20])]
        .iter()
        .map(|(chain_id, registry, owner)| {
            json!({
                "chain_id": chain_id.to_string(),
                "registry": hex(registry),
                "owner": hex(owner),
                "context": word(&registration_context(*chain_id, registry, owner)),
            })
        })
        .collect()
}

fn golden() -> Value {
    let witness = honest();
    let (weights, inputs) = plans(&witness);
    let (adapter, activations) = preimages(&witness);
    let inner = F::from(99u64);
    let (weights_digest, inputs_digest) = (weights.digest(&MAXIMA), inputs.digest(&MAXIMA));
    let bits = |scales: &[f64]| scales.iter().map(|scale| hex(&scale.to_bits().to_be_bytes())).collect::<Vec<_>>();
    let modules: Vec<Value> = witness
        .adapter
        .modules
        .iter()
        .zip(&witness.activations)
        .zip(weights.slots.iter().zip(&inputs.input_offsets))
        .map(|((module, input), (slot, input_offset))| {
            json!({
                "name": module.name,
                "in_features": module.in_features,
                "out_features": module.out_features,
                "rank": module.rank,
                "out_scale": bits(&module.out_scale),
                "token_scale": bits(&input.token_scale),
                "slot": [slot.log_in, slot.log_out, slot.weights_a, slot.weights_b, slot.output_offset],
                "input_offset": input_offset,
            })
        })
        .collect();
    let batches: Vec<Value> = [1usize, 2, 4, 5]
        .into_iter()
        .map(|slots| {
            let statements: Vec<Statement> = (0..slots as u64).map(statement).collect();
            let inputs = public_inputs(&statements);
            json!({
                "statements": statements.iter().map(|statement| words(&statement.elements())).collect::<Vec<_>>(),
                "leaf_of_the_first": word(&statements[0].leaf()),
                "root": word(&inputs[ROOT]),
                "challenge": word(&inputs[CHALLENGE]),
                "evaluation": word(&inputs[EVALUATION]),
            })
        })
        .collect();
    json!({
        "bits": weights.bits.bits(),
        "log_rank": weights.log_rank,
        "tokens": witness.tokens(),
        "log_tokens": inputs.log_tokens,
        "slots_of_the_profile": MAXIMA.modules,
        "modules": modules,
        "manifest_digest": hex(&adapter.manifest_digest),
        "scales_digest": hex(&activations.scales_digest),
        "weights_layout_elements": words(&weights.elements(&MAXIMA)),
        "inputs_layout_elements": words(&inputs.elements(&MAXIMA)),
        "weights_layout": word(&weights_digest),
        "inputs_layout": word(&inputs_digest),
        "out_of_domain_point_of_99_11": word(&out_of_domain_point(inner, F::from(11u64))),
        "adapter_id": word(&adapter.id(inner, weights_digest)),
        "activations_id": word(&activations.id(inner, weights_digest, inputs_digest)),
        "use_context_of_abc": word(&use_context(b"abc")),
        "registrations": registrations(),
        "batches": batches,
    })
}

/// `RANKPROOF_REGENERATE=1 cargo test -p rankproof-statement --test digests` writes the file.
#[test]
fn everything_is_what_the_golden_file_says() {
    let text = serde_json::to_string_pretty(&golden()).expect("plain values") + "\n";
    if std::env::var_os("RANKPROOF_REGENERATE").is_some() {
        std::fs::write(GOLDEN, &text).expect("fixtures are writable");
    }
    let golden_text = std::fs::read_to_string(GOLDEN).expect("fixtures/golden/statement.json");
    for (line, (computed, golden)) in text.lines().zip(golden_text.lines()).enumerate() {
        assert_eq!(computed, golden, "line {}", line + 1);
    }
    assert_eq!(text, golden_text);
}

#[test]
fn every_field_moves_its_id_and_only_its_id() {
    let (adapter, activations) = preimages(&honest());
    let one = F::from(1u64);
    let mut ids = vec![adapter.id(one, one), adapter.id(one + one, one), adapter.id(one, one + one)];
    let changes: [fn(&mut AdapterPreimage); 7] = [
        |preimage| preimage.weights_root += F::from(1u64),
        |preimage| preimage.weights_ood += F::from(1u64),
        |preimage| preimage.manifest_digest[0] ^= 128,
        |preimage| preimage.manifest_digest[31] ^= 1,
        |preimage| preimage.base_model_digest[15] ^= 1,
        |preimage| preimage.base_model_digest[16] ^= 1,
        |preimage| preimage.salt += F::from(1u64),
    ];
    for change in changes {
        let mut changed = adapter.clone();
        change(&mut changed);
        ids.push(changed.id(one, one));
    }
    ids.extend([
        activations.id(one, one, one),
        activations.id(one + one, one, one),
        activations.id(one, one + one, one),
        activations.id(one, one, one + one),
    ]);
    let changes: [fn(&mut ActivationsPreimage); 5] = [
        |preimage| preimage.activations_root += F::from(1u64),
        |preimage| preimage.activations_ood += F::from(1u64),
        |preimage| preimage.scales_digest[0] ^= 1,
        |preimage| preimage.scales_digest[31] ^= 1,
        |preimage| preimage.salt += F::from(1u64),
    ];
    for change in changes {
        let mut changed = activations.clone();
        change(&mut changed);
        ids.push(changed.id(one, one, one));
    }
    let distinct: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len());
}

#[test]
fn manifest_and_scales_tell_adapters_and_runs_apart() {
    let manifest = |change: fn(&mut Witness)| {
        let mut witness = honest();
        change(&mut witness);
        (sha256(&manifest_bytes(&witness.adapter)), sha256(&scales_bytes(&witness.activations)))
    };
    let (base, scales) = manifest(|_| ());
    let changes: [fn(&mut Witness); 6] = [
        |witness| witness.adapter.modules[0].name.push('x'),
        |witness| witness.adapter.modules[0].in_features += 1,
        |witness| witness.adapter.modules[0].rank += 1,
        |witness| witness.adapter.modules[0].out_scale[0] *= 1.5,
        |witness| witness.adapter.modules.swap(0, 1),
        |witness| drop(witness.adapter.modules.pop()),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let (changed, same) = manifest(change);
        assert_ne!(changed, base, "change {index}");
        assert_eq!(same, scales);
    }
    let changes: [fn(&mut Witness); 3] = [
        |witness| witness.activations[0].token_scale[1] *= 1.5,
        |witness| witness.activations.swap(0, 2),
        |witness| drop(witness.activations.pop()),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let (same, changed) = manifest(change);
        assert_ne!(changed, scales, "change {index}");
        assert_eq!(same, base);
    }
}

#[test]
fn a_module_name_cannot_pose_as_the_fields_after_it() {
    let mut long = honest().adapter;
    long.modules[0].name = "ab".into();
    let mut short = long.clone();
    short.modules[0].name = "a".into();
    assert_ne!(manifest_bytes(&long), manifest_bytes(&short));
    let length = "rankproof.manifest.v1".len() + 8;
    assert_eq!(manifest_bytes(&long)[length..length + 10], *b"\0\0\0\0\0\0\0\x02ab");
}

#[test]
fn batches_are_padded_with_their_last_statement() {
    let [a, b] = [statement(1), statement(2)];
    assert_eq!(pad(&[], 1), None);
    assert_eq!(pad(&[a, b], 1), None);
    assert_eq!(pad(&[a], 1), Some(vec![a]));
    assert_eq!(pad(&[a, b], 4), Some(vec![a, b, b, b]));
    assert_eq!(pad(&[a, b, b], 4), pad(&[a, b], 4));
    assert_ne!(public_inputs(&[a, b]), public_inputs(&[b, a]), "order matters");
}

#[test]
fn public_inputs_are_root_challenge_and_evaluation() {
    let statements = [statement(1), statement(2)];
    let inputs = public_inputs(&statements);
    assert_eq!(inputs[ROOT], root(&statements));
    assert_eq!(inputs[CHALLENGE], challenge(&inputs[ROOT], &statements));
    let point = inputs[CHALLENGE];
    let mut sum = F::from(0u64);
    let mut power = F::from(1u64);
    for element in statements.iter().flat_map(Statement::elements) {
        sum += power * element;
        power *= point;
    }
    assert_eq!(inputs[EVALUATION], sum);
    assert_eq!(evaluation(&point, &statements), sum);
    assert_eq!(root(&statements[..1]), statements[0].leaf(), "one leaf is its own root");
}

/// r, big-endian.
fn modulus() -> [u8; 32] {
    let mut bytes = to_canonical_bytes(&-F::from(1u64));
    bytes[31] += 1;
    bytes
}

#[test]
fn rejects_scalars_from_r_on() {
    let mut below = modulus();
    below[31] -= 1;
    assert_eq!(from_canonical_bytes(&below), Ok(-F::from(1u64)));
    let mut above = modulus();
    above[31] += 1;
    for bytes in [modulus(), above, [255; 32]] {
        assert_eq!(from_canonical_bytes(&bytes), Err(Error::NonCanonicalScalar));
    }
    let statement = statement(5);
    let bytes = statement.to_bytes();
    assert_eq!(Statement::from_canonical_bytes(&bytes), Ok(statement));
    for element in 0..3 {
        for scalar in [modulus(), above] {
            let mut changed = bytes;
            changed[32 * element..32 * element + 32].copy_from_slice(&scalar);
            assert_eq!(Statement::from_canonical_bytes(&changed), Err(Error::NonCanonicalScalar));
        }
    }
}

#[test]
fn byte_strings_enter_as_two_limbs_high_first() {
    let mut bytes = [0u8; 32];
    (bytes[15], bytes[31]) = (2, 3);
    assert_eq!(limbs(&bytes), [F::from(2u64), F::from(3u64)]);
    assert_eq!(limbs(&[255; 32]), [F::from(u128::MAX); 2]);
}

#[test]
fn registration_contexts_bind_chain_registry_and_owner_and_are_reserved() {
    let (registry, owner) = ([7; 20], [8; 20]);
    let context = registration_context(1, &registry, &owner);
    assert_eq!(check_context(&context), Err(Error::ReservedContextKind { kind: CONTEXT_REGISTRATION }));
    let others = [
        registration_context(2, &registry, &owner),
        registration_context(1, &owner, &owner),
        registration_context(1, &registry, &registry),
        registration_context(1, &owner, &registry),
    ];
    assert!(!others.contains(&context));
}

#[test]
fn context_kinds_are_the_top_byte_and_registration_is_reserved() {
    let context = |kind: u8| {
        let mut bytes = [0u8; 32];
        (bytes[0], bytes[31]) = (kind, 5);
        from_canonical_bytes(&bytes).expect("kinds up to 47 are below r")
    };
    for kind in [0, CONTEXT_USE] {
        assert_eq!(context_kind(&context(kind)), kind);
        assert_eq!(check_context(&context(kind)), Ok(()));
    }
    for kind in [CONTEXT_REGISTRATION, 3, 47] {
        assert_eq!(context_kind(&context(kind)), kind);
        assert_eq!(check_context(&context(kind)), Err(Error::ReservedContextKind { kind }));
    }
}
