//! The tamper manifest of a LoRA proof: every field, the changes tried, the native error and the part of the circuit that
//! must complain.
//!
//! The list of fields is derived from the types: structures are taken apart without `..`, so that a new field does not
//! compile until it has a row, and the elements of the argument come from `Proof::visit`, each named by
//! `support::elements::parts`. Every row is tried with every change that it allows, natively for the exact error and in
//! the circuit for the exact part. Encodings (non-canonical, truncated, extended, another version) never reach the
//! circuit: `lora-proof/tests/encoding.rs` has them for proofs, `keys/tests.rs` for keys, `seals.rs` for seals, and
//! `pipeline/src/adapter_file/tests.rs` for adapter files.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use ark_ff::Field;
use rankproof_groth16_seal::F;
use rankproof_lora_proof::config::Config;
use rankproof_lora_proof::{ActivationsOpening, Error, LoraProof, Oracle, verify};
use rankproof_statement::{
    ActivationsPreimage, AdapterPreimage, InputsLayout, SlotLayout, Statement, WeightBits, WeightsLayout,
};
use rayon::prelude::*;
use support::Circuit;
use support::lora::elements::{Part, elements, from_elements, parts, refusal};
use support::lora::{SHAPES, prove_witness, witness};

/// One change of one field.
struct Row {
    field: &'static str,
    change: &'static str,
    proof: LoraProof,
    /// The native error; `None` when any will do (the layout rule that complains depends on the value).
    error: Option<Error>,
    /// The part of the circuit that complains first.
    part: &'static str,
}

fn proofs() -> (LoraProof, LoraProof) {
    let config = &Circuit::tiny().config;
    let proof = |seed| prove_witness(config, &witness(&SHAPES, 5, WeightBits::Four, seed), F::from(9 + seed));
    (proof(1), proof(2))
}

/// The rows of everything but the argument.
fn openings(honest: &LoraProof, other: &LoraProof) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut put = |field, change, error: Option<Error>, part, edit: &dyn Fn(&mut LoraProof)| {
        let mut proof = honest.clone();
        edit(&mut proof);
        assert_ne!(proof, *honest, "{field} {change} changes nothing");
        rows.push(Row { field, change, proof, error, part });
    };
    // Every structure, taken apart: whoever adds a field must come here.
    let LoraProof { statement, weights_layout, adapter, activations, proof: _elements } = other;
    let Statement { adapter: other_adapter, activations: other_activations, context: other_context } = statement;
    let WeightsLayout { bits: _bits, log_rank: _log_rank, slots } = weights_layout;
    let SlotLayout { log_in: _, log_out: _, weights_a: _, weights_b: _, output_offset: _ } = slots[0];
    let AdapterPreimage { weights_root, weights_ood, manifest_digest: _, base_model_digest: _, salt: _ } = adapter;
    let ActivationsOpening { inputs_layout, preimage } = activations;
    let InputsLayout { log_tokens: _, input_offsets: _ } = inputs_layout;
    let ActivationsPreimage { activations_root, activations_ood, scales_digest: _, salt: _ } = preimage;

    macro_rules! element {
        ($field:literal, $error:expr, $part:literal, $other:expr, |$p:ident| $place:expr) => {
            put($field, "changed", Some($error), $part, &|$p| $place += F::ONE);
            put($field, "zeroed", Some($error), $part, &|$p| $place = F::from(0u64));
            if let Some(other) = $other {
                put($field, "from another", Some($error), $part, &|$p| $place = other);
            }
        };
    }
    let (id, run) = (Error::AdapterIdMismatch, Error::ActivationsIdMismatch);
    let same: Option<F> = None;
    element!("statement.adapter", id.clone(), "slot/adapter id", Some(*other_adapter), |p| p.statement.adapter);
    element!("statement.activations", run.clone(), "slot/activations id", Some(*other_activations), |p| p
        .statement
        .activations);
    element!("statement.context", Error::RankSumcheck, "slot/rank sumcheck", Some(*other_context), |p| p
        .statement
        .context);
    element!("weights_root", id.clone(), "slot/adapter id", Some(*weights_root), |p| p.adapter.weights_root);
    element!("weights_ood", id.clone(), "slot/adapter id", Some(*weights_ood), |p| p.adapter.weights_ood);
    element!("adapter salt", id.clone(), "slot/adapter id", same, |p| p.adapter.salt);
    element!("activations_root", run.clone(), "slot/activations id", Some(*activations_root), |p| p
        .activations
        .preimage
        .activations_root);
    element!("activations_ood", run.clone(), "slot/activations id", Some(*activations_ood), |p| p
        .activations
        .preimage
        .activations_ood);
    element!("activations salt", run.clone(), "slot/activations id", same, |p| p.activations.preimage.salt);

    let (adapter_part, activations_part) = ("slot/adapter id", "slot/activations id");
    for byte in [0, 15, 16, 31] {
        put("manifest_digest", "changed", Some(id.clone()), adapter_part, &|p| p.adapter.manifest_digest[byte] ^= 1);
        put("base_model_digest", "changed", Some(id.clone()), adapter_part, &|p| {
            p.adapter.base_model_digest[byte] ^= 1
        });
        put("scales_digest", "changed", Some(run.clone()), activations_part, &|p| {
            p.activations.preimage.scales_digest[byte] ^= 1;
        });
    }
    put("manifest_digest", "zeroed", Some(id.clone()), adapter_part, &|p| p.adapter.manifest_digest = [0; 32]);
    put("base_model_digest", "zeroed", Some(id.clone()), adapter_part, &|p| p.adapter.base_model_digest = [0; 32]);
    put("scales_digest", "zeroed", Some(run.clone()), activations_part, &|p| {
        p.activations.preimage.scales_digest = [0; 32];
    });

    put("bits", "changed", Some(id.clone()), adapter_part, &|p| p.weights_layout.bits = WeightBits::Eight);
    put("log_rank", "changed", Some(id.clone()), adapter_part, &|p| p.weights_layout.log_rank += 1);
    put("log_rank", "beyond the profile", None, "slot/layout/log_rank", &|p| p.weights_layout.log_rank = 99);
    put("log_rank", "too many rows", None, "slot/layout/rank space", &|p| p.weights_layout.log_rank = 5);
    put("slots", "dropped", None, adapter_part, &|p| {
        p.weights_layout.slots.pop();
        p.activations.inputs_layout.input_offsets.pop();
    });
    put("slots", "emptied", None, "slot/layout/slot/active", &|p| {
        p.weights_layout.slots.clear();
        p.activations.inputs_layout.input_offsets.clear();
    });
    put("log_in", "changed", Some(id.clone()), adapter_part, &|p| p.weights_layout.slots[0].log_in -= 1);
    put("log_in", "beyond the profile", None, "slot/layout/slot/log_in", &|p| p.weights_layout.slots[0].log_in = 99);
    put("log_out", "changed", None, "slot/layout/slot/output", &|p| p.weights_layout.slots[0].log_out -= 1);
    put("log_out", "beyond the profile", None, "slot/layout/slot/log_out", &|p| p.weights_layout.slots[0].log_out = 99);
    let units = 1 << (Circuit::tiny().config.log_size() - 1);
    put("weights_a", "unaligned", None, "slot/layout/slot/weights_a", &|p| p.weights_layout.slots[0].weights_a += 1);
    put("weights_a", "beyond", None, "slot/layout/slot/weights_a", &|p| p.weights_layout.slots[0].weights_a += units);
    put("weights_b", "unaligned", None, "slot/layout/slot/weights_b", &|p| p.weights_layout.slots[0].weights_b += 1);
    put("weights_b", "beyond", None, "slot/layout/slot/weights_b", &|p| p.weights_layout.slots[0].weights_b += units);
    put("output_offset", "overlapping", None, "slot/layout/slot/output", &|p| {
        p.weights_layout.slots[1].output_offset = 0;
    });
    put("output_offset", "with a gap", None, "slot/layout/slot/output", &|p| {
        p.weights_layout.slots[2].output_offset += 1 << 6;
    });
    put("log_tokens", "changed", Some(run.clone()), activations_part, &|p| p.activations.inputs_layout.log_tokens += 1);
    put("log_tokens", "beyond the profile", None, "slot/layout/log_tokens", &|p| {
        p.activations.inputs_layout.log_tokens = 99;
    });
    put("input_offsets", "changed", Some(run.clone()), activations_part, &|p| {
        p.activations.inputs_layout.input_offsets[2] ^= 1 << 7;
    });
    put("input_offsets", "unaligned", None, "slot/layout/slot/input", &|p| {
        p.activations.inputs_layout.input_offsets[0] += 1;
    });
    put("input_offsets", "beyond", None, "slot/layout/slot/input", &|p| {
        p.activations.inputs_layout.input_offsets[0] = 1 << 11;
    });
    rows
}

/// The part of the circuit that must complain when an element is changed; as `refusal` natively.
fn part_of(part: Part) -> &'static str {
    match part {
        Part::OutputValue | Part::RankRound | Part::RankValue => "slot/rank sumcheck",
        Part::InputRound | Part::InputValue => "slot/input sumcheck",
        Part::RangeRound | Part::RangeValue => "slot/range check",
        Part::Join
        | Part::FoldRound { .. }
        | Part::FoldedRoot { .. }
        | Part::OodValue { .. }
        | Part::Nonce { .. }
        | Part::FinalPolynomial { .. } => "slot/opening/round/proof of work",
        Part::Cap { .. } => "slot/opening/round/queries/tree/cap root",
        Part::Leaf { .. } | Part::Path { .. } => "slot/opening/round/queries/tree/path",
        Part::FinalRound => "slot/opening/final claim",
    }
}

/// Rows for one element of every kind: the middle one of each run.
fn argument(config: &Config, honest: &LoraProof, other: &LoraProof) -> Vec<Row> {
    let (original, foreign) = (elements(&honest.proof), elements(&other.proof));
    let parts = parts(config);
    assert_eq!(parts.len(), original.len(), "every element has a name");
    // One query of each tree stands for all of them; `lora-proof/tests/soundness.rs` tries each.
    let kind = |part: &Part| match *part {
        Part::Leaf { oracle, .. } => Part::Leaf { oracle, query: 0 },
        Part::Path { oracle, .. } => Part::Path { oracle, query: 0 },
        other => other,
    };
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, part) in parts.iter().enumerate() {
        places.entry(format!("{:?}", kind(part))).or_default().push(index);
    }
    let mut rows = Vec::new();
    for indices in places.values() {
        let index = indices[indices.len() / 2];
        let part = parts[index];
        let (own, neighbor) = (original[index], original[index.saturating_sub(1)]);
        let values = [
            ("changed", own + F::ONE),
            ("zeroed", F::from(0u64)),
            ("its neighbor's", neighbor),
            ("from another", foreign[index]),
        ];
        for (change, value) in values {
            if value == own {
                continue;
            }
            let mut changed = original.clone();
            changed[index] = value;
            let proof = LoraProof { proof: from_elements(config, &changed), ..honest.clone() };
            let field = part_name(part);
            rows.push(Row { field, change, proof, error: Some(refusal(config, part)), part: part_of(part) });
        }
    }
    rows
}

fn part_name(part: Part) -> &'static str {
    match part {
        Part::OutputValue => "output_value",
        Part::RankRound => "rank_sumcheck",
        Part::RankValue => "rank_values",
        Part::InputRound => "input_sumcheck",
        Part::InputValue => "input_values",
        Part::RangeRound => "range_check",
        Part::RangeValue => "range_values",
        Part::Join => "join",
        Part::FoldRound { .. } => "fold round",
        Part::FoldedRoot { .. } => "folded root",
        Part::OodValue { .. } => "out-of-domain value",
        Part::Nonce { .. } => "nonce",
        Part::Cap { oracle: Oracle::Weights { adapter: 0 } } => "cap of the weights",
        Part::Cap { oracle: Oracle::Activations { adapter: 0, run: 0 } } => "cap of the activations",
        Part::Cap { .. } => "cap of a folded polynomial",
        Part::Leaf { .. } => "leaf",
        Part::Path { .. } => "path",
        Part::FinalPolynomial { .. } => "final_polynomial",
        Part::FinalRound => "final_sumcheck",
    }
}

/// `slot 0/opening/round 1/queries` as `slot/opening/round/queries`.
fn without_numbers(group: &str) -> String {
    let words = group.split('/').map(|word| word.trim_end_matches(|c: char| c == ' ' || c.is_ascii_digit()));
    words.collect::<Vec<&str>>().join("/")
}

#[test]
fn every_field_is_refused_natively_and_in_the_circuit_by_its_own_check() {
    let circuit = Circuit::tiny();
    let (honest, other) = proofs();
    for proof in [&honest, &other] {
        assert_eq!(verify(&circuit.config, proof), Ok(()));
        assert_eq!(circuit.complaint(proof), None);
    }
    let mut rows = openings(&honest, &other);
    rows.extend(argument(&circuit.config, &honest, &other));
    let failures: Vec<String> = rows
        .par_iter()
        .filter_map(|Row { field, change, proof, error, part }| {
            let native = verify(&circuit.config, proof);
            let complaint = circuit.complaint(proof).map(|group| without_numbers(&group));
            let is_native = match error {
                Some(error) => native.as_ref() == Err(error),
                None => native.is_err(),
            };
            let is_circuit = complaint.as_ref().is_some_and(|complaint| {
                complaint == part || complaint.strip_prefix(part).is_some_and(|rest| rest.starts_with('/'))
            });
            (!is_native || !is_circuit)
                .then(|| format!("{field}, {change}: {native:?} (expected {error:?}), {complaint:?} (expected {part})"))
        })
        .collect();
    let fields: BTreeSet<&str> = rows.iter().map(|row| row.field).collect();
    println!("assurance: fields of a LoRA proof = {}", fields.len());
    println!("assurance: changes of them = {}", rows.len());
    assert_eq!(failures, Vec::<String>::new());
}
