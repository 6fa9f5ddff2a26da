//! One argument in constraints: ids, transcript, the two sumchecks, the range check; mirrors `lora-proof/src/argument.rs`.

use rankproof_lora_proof::transcript::{Message, labels};
use rankproof_lora_proof::{Config, Subject};
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

/// `delta^0`, `delta^1`, ..: what each run counts. One run counts 1, and nothing is drawn.
fn run_shares(cs: &mut ConstraintSystem, config: &Config, transcript: &mut TranscriptVar) -> Vec<Num> {
    let mut shares = vec![Num::one()];
    if config.runs() > 1 {
        let delta = transcript.challenge(cs, labels::RUNS);
        let mut power = delta.clone();
        for _ in 1..config.runs() {
            shares.push(power.clone());
            power = cs.mul(&power, &delta);
        }
    }
    shares
}

/// Enforces that one proof verifies; returns the three elements of each of its statements.
pub fn enforce(cs: &mut ConstraintSystem, config: &Config, subject: &Subject<'_>) -> Vec<[Num; 3]> {
    enforce_with(cs, config, subject, &mut TranscriptVar::default())
}

/// [`enforce`] with a transcript of the caller's, whose events can be read afterwards.
pub fn enforce_with(
    cs: &mut ConstraintSystem,
    config: &Config,
    subject: &Subject<'_>,
    transcript: &mut TranscriptVar,
) -> Vec<[Num; 3]> {
    let Subject { adapter, adapter_preimage, weights_layout, inputs_layout, runs, proof } = subject;
    let maxima = config.maxima();
    let inner_digest = Num::constant(config.inner_digest());

    let layout = cs.group("layout", |cs| LayoutVar::new(cs, maxima, weights_layout, inputs_layout));
    let weights_digest = cs.group("weights layout digest", |cs| layout.weights_digest(cs));
    let inputs_digest = cs.group("inputs layout digest", |cs| layout.inputs_digest(cs));

    let [weights_root, weights_ood] =
        [adapter_preimage.weights_root, adapter_preimage.weights_ood].map(|value| cs.witness(value));
    let commitments: Vec<[Num; 2]> = runs
        .iter()
        .map(|run| [run.preimage.activations_root, run.preimage.activations_ood].map(|value| cs.witness(value)))
        .collect();
    let adapter_id = cs.group("adapter id", |cs| {
        let mut elements =
            vec![inner_digest.clone(), weights_root.clone(), weights_ood.clone(), weights_digest.clone()];
        let declared = [limbs(&adapter_preimage.manifest_digest), limbs(&adapter_preimage.base_model_digest)];
        elements.extend(declared.as_flattened().iter().chain([&adapter_preimage.salt]).map(|value| cs.witness(*value)));
        let id = sponge::hash(cs, tags::ADAPTER, &elements);
        let public = cs.witness(*adapter);
        cs.enforce_equal(&public, &id);
        public
    });
    let mut activations_ids = Vec::with_capacity(runs.len());
    for (run, [root, ood]) in runs.iter().zip(&commitments) {
        activations_ids.push(cs.group("activations id", |cs| {
            let mut elements = vec![inner_digest.clone(), root.clone(), ood.clone()];
            elements.extend([weights_digest.clone(), inputs_digest.clone()]);
            let opened = limbs(&run.preimage.scales_digest);
            elements.extend(opened.iter().chain([&run.preimage.salt]).map(|value| cs.witness(*value)));
            let id = sponge::hash(cs, tags::ACTIVATIONS, &elements);
            let public = cs.witness(run.activations);
            cs.enforce_equal(&public, &id);
            public
        }));
    }
    let statements: Vec<[Num; 3]> = runs
        .iter()
        .zip(activations_ids)
        .map(|(run, activations_id)| [adapter_id.clone(), activations_id, cs.witness(run.context)])
        .collect();
    let out_of_domain = |cs: &mut ConstraintSystem, root: &Num| {
        let point = sponge::hash(cs, tags::OUT_OF_DOMAIN, &[inner_digest.clone(), root.clone()]);
        cs.reduce(&point)
    };
    let (weights_ood_point, ood_points) = cs.group("out-of-domain points", |cs| {
        let weights = out_of_domain(cs, &weights_root);
        (weights, commitments.iter().map(|[root, _]| out_of_domain(cs, root)).collect::<Vec<Num>>())
    });

    let roots: Vec<Num> =
        std::iter::once(&weights_root).chain(commitments.iter().map(|[root, _]| root)).cloned().collect();
    let values: Vec<Num> = commitments.into_iter().map(|[_, ood]| ood).collect();
    let mut public = vec![inner_digest.clone(), adapter_id];
    public.extend(statements.iter().flat_map(|[_, activations, context]| [activations, context]).cloned());
    public.extend(roots.iter().chain([&weights_ood]).chain(&values).cloned());
    public.extend([weights_digest, inputs_digest]);
    cs.group("statement", |cs| transcript.public(cs, labels::STATEMENT, &public));
    let shares = run_shares(cs, config, transcript);
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
    let points =
        PointsVar { output, token, rank, input, range, weights_ood: weights_ood_point, activations_ood: ood_points };
    let batched = cs.group("claims", |cs| BatchedVar::new(cs, maxima, &layout, points, gamma, shares));
    let values = ValuesVar { a, b, range: range_value, weights_ood, x, y, activations_ood: values };
    let claim = cs.group("claims", |cs| batched.claim(cs, &values));
    cs.group("opening", |cs| whir::enforce(cs, config, transcript, roots, claim, &batched, &proof.opening));
    statements
}
