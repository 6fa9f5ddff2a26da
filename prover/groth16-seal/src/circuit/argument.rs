//! One LoRA proof in constraints: ids, transcript, the two sumchecks, the range check; mirrors `lora-proof/src/argument.rs`.

use rankproof_lora_proof::transcript::{Message, labels};
use rankproof_lora_proof::{Config, LoraProof};
use rankproof_statement::F;
use rankproof_statement::digest::tags;
use rankproof_statement::field::limbs;

use super::claims::{BatchedVar, PointsVar, ValuesVar};
use super::layout::LayoutVar;
use super::transcript::TranscriptVar;
use super::whir;
use crate::gadgets::{polynomial, sponge};
use crate::{ConstraintSystem, Num};

/// Witnesses a message and absorbs it.
pub(super) fn receive<const N: usize>(
    cs: &mut ConstraintSystem,
    transcript: &mut TranscriptVar,
    label: &'static str,
    message: &Message<[F; N]>,
) -> [Num; N] {
    let elements = message.unabsorbed().map(|element| cs.witness(element));
    transcript.receive(cs, label, &elements);
    elements
}

/// `g(r)` for a round polynomial `[c0, c2]` with `g(0) + g(1) = claim`; two constraints.
pub(super) fn next_claim(cs: &mut ConstraintSystem, [c0, c2]: &[Num; 2], claim: &Num, r: &Num) -> Num {
    let c1 = &(claim - &(c0 * F::from(2u64))) - c2;
    let inner = &c1 + &cs.mul(r, c2);
    c0 + &cs.mul(r, &inner)
}

/// Replays the rounds of a sumcheck; returns the point and the claim owed.
pub(super) fn sumcheck(
    cs: &mut ConstraintSystem,
    transcript: &mut TranscriptVar,
    [round_label, challenge_label]: [&'static str; 2],
    claim: &Num,
    rounds: &[Message<[F; 2]>],
) -> (Vec<Num>, Num) {
    let mut claim = claim.clone();
    let mut point = Vec::with_capacity(rounds.len());
    for message in rounds {
        let round = receive(cs, transcript, round_label, message);
        let r = transcript.challenge(cs, challenge_label);
        claim = next_claim(cs, &round, &claim, &r);
        point.push(r);
    }
    (point, claim)
}

/// Replays the range check from the claim 0 (eq. 4).
fn range_check(
    cs: &mut ConstraintSystem,
    transcript: &mut TranscriptVar,
    seed: &[Num],
    rounds: &[Message<[F; 16]>],
) -> (Vec<Num>, Num) {
    let mut claim = Num::zero();
    let mut point = Vec::with_capacity(rounds.len());
    for (message, rho) in rounds.iter().zip(seed) {
        let round = receive(cs, transcript, labels::RANGE_ROUND, message);
        let r = transcript.challenge(cs, labels::RANGE_POINT);
        // c0 = claim - rho (c1 + .. + c16); next claim c0 + c1 r + .. + c16 r^16.
        let c0 = &claim - &cs.mul(rho, &Num::sum(&round));
        let tail = polynomial::horner(cs, &round, &r);
        claim = &c0 + &cs.mul(&r, &tail);
        point.push(r);
    }
    (point, claim)
}

/// `prod_{v=0}^{7} (w^2 - 15 w + v (15 - v))`.
fn nibble_product(cs: &mut ConstraintSystem, w: &Num) -> Num {
    let base = cs.mul(w, &(w - &Num::constant(F::from(15u64))));
    (1..8u64).fold(base.clone(), |product, v| cs.mul(&product, &(&base + F::from(v * (15 - v)))))
}

/// Enforces that one LoRA proof verifies; returns the three elements of its statement.
pub fn enforce(cs: &mut ConstraintSystem, config: &Config, lora_proof: &LoraProof) -> [Num; 3] {
    enforce_with(cs, config, lora_proof, &mut TranscriptVar::default())
}

/// [`enforce`] with a transcript of the caller's, whose events can be read afterwards.
pub fn enforce_with(
    cs: &mut ConstraintSystem,
    config: &Config,
    lora_proof: &LoraProof,
    transcript: &mut TranscriptVar,
) -> [Num; 3] {
    let LoraProof { statement, weights_layout, adapter, activations, proof } = lora_proof;
    let maxima = config.maxima();
    let inner_digest = Num::constant(config.inner_digest());

    let layout = cs.group("layout", |cs| LayoutVar::new(cs, maxima, weights_layout, &activations.inputs_layout));
    let weights_digest = cs.group("weights layout digest", |cs| layout.weights_digest(cs));
    let inputs_digest = cs.group("inputs layout digest", |cs| layout.inputs_digest(cs));

    let [weights_root, weights_ood] = [adapter.weights_root, adapter.weights_ood].map(|value| cs.witness(value));
    let preimage = &activations.preimage;
    let [activations_root, activations_ood] =
        [preimage.activations_root, preimage.activations_ood].map(|value| cs.witness(value));
    let adapter_id = cs.group("adapter id", |cs| {
        let mut elements =
            vec![inner_digest.clone(), weights_root.clone(), weights_ood.clone(), weights_digest.clone()];
        let declared = [limbs(&adapter.manifest_digest), limbs(&adapter.base_model_digest)];
        elements.extend(declared.as_flattened().iter().chain([&adapter.salt]).map(|value| cs.witness(*value)));
        let id = sponge::hash(cs, tags::ADAPTER, &elements);
        let public = cs.witness(statement.adapter);
        cs.enforce_equal(&public, &id);
        public
    });
    let activations_id = cs.group("activations id", |cs| {
        let mut elements = vec![inner_digest.clone(), activations_root.clone(), activations_ood.clone()];
        elements.extend([weights_digest.clone(), inputs_digest.clone()]);
        elements.extend(limbs(&preimage.scales_digest).iter().chain([&preimage.salt]).map(|value| cs.witness(*value)));
        let id = sponge::hash(cs, tags::ACTIVATIONS, &elements);
        let public = cs.witness(statement.activations);
        cs.enforce_equal(&public, &id);
        public
    });
    let context = cs.witness(statement.context);
    let out_of_domain = |cs: &mut ConstraintSystem, root: &Num| {
        let point = sponge::hash(cs, tags::OUT_OF_DOMAIN, &[inner_digest.clone(), root.clone()]);
        cs.reduce(&point)
    };
    let ood_points =
        cs.group("out-of-domain points", |cs| [out_of_domain(cs, &weights_root), out_of_domain(cs, &activations_root)]);

    let public = [
        inner_digest.clone(),
        adapter_id.clone(),
        activations_id.clone(),
        context.clone(),
        weights_root.clone(),
        activations_root.clone(),
        weights_ood.clone(),
        activations_ood.clone(),
        weights_digest,
        inputs_digest,
    ];
    cs.group("statement", |cs| transcript.public(cs, labels::STATEMENT, &public));
    let (output, token, y) = cs.group("output value", |cs| {
        let output = transcript.challenges(cs, labels::OUTPUT_POINT, maxima.log_output_space);
        let token = transcript.challenges(cs, labels::OUTPUT_POINT, maxima.log_tokens);
        let [y] = receive(cs, transcript, labels::OUTPUT_VALUE, &proof.output_value);
        (output, token, y)
    });
    let (rank, b, u) = cs.group("rank sumcheck", |cs| {
        let labels_of = [labels::RANK_ROUND, labels::RANK_POINT];
        let (point, claim) = sumcheck(cs, transcript, labels_of, &y, &proof.rank_sumcheck);
        let [b, u] = receive(cs, transcript, labels::RANK_VALUES, &proof.rank_values);
        cs.enforce(&b, &u, &claim);
        (point, b, u)
    });
    let (input, a, x) = cs.group("input sumcheck", |cs| {
        let labels_of = [labels::INPUT_ROUND, labels::INPUT_POINT];
        let (point, claim) = sumcheck(cs, transcript, labels_of, &u, &proof.input_sumcheck);
        let [a, x] = receive(cs, transcript, labels::INPUT_VALUES, &proof.input_values);
        cs.enforce(&a, &x, &claim);
        (point, a, x)
    });
    let (range, range_value) = cs.group("range check", |cs| {
        let seed = transcript.challenges(cs, labels::RANGE_SEED, config.log_size());
        let (point, claim) = range_check(cs, transcript, &seed, &proof.range_check);
        let [value] = receive(cs, transcript, labels::RANGE_VALUE, &proof.range_value);
        let expected = nibble_product(cs, &value);
        cs.enforce_equal(&claim, &expected);
        (point, value)
    });

    let gamma = transcript.challenge(cs, labels::BATCHING);
    let [weights_ood_point, activations_ood_point] = ood_points;
    let points = PointsVar {
        output,
        token,
        rank,
        input,
        range,
        weights_ood: weights_ood_point,
        activations_ood: activations_ood_point,
    };
    let batched = cs.group("claims", |cs| BatchedVar::new(cs, maxima, &layout, points, gamma));
    let values = ValuesVar { a, b, range: range_value, weights_ood, x, y, activations_ood };
    let claim = cs.group("claims", |cs| batched.claim(cs, &values));
    let roots = [weights_root, activations_root];
    cs.group("opening", |cs| whir::enforce(cs, config, transcript, roots, claim, &batched, &proof.opening));
    [adapter_id, activations_id, context]
}
