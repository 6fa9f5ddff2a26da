//! One argument in constraints: ids, transcript, the two sumchecks, the range check; mirrors `lora-proof/src/subject.rs`.

use rankproof_lora_proof::transcript::{Message, labels};
use rankproof_lora_proof::{AdapterRuns, Config, Subject};
use rankproof_statement::F;
use rankproof_statement::digest::tags;
use rankproof_statement::field::limbs;

use super::claims::{BatchedVar, PartVar, PointsVar, ValuesVar};
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

/// `1`, `challenge`, `challenge^2`, ..: what each of `count` terms counts. One term counts 1, and nothing is drawn.
fn shares(cs: &mut ConstraintSystem, transcript: &mut TranscriptVar, label: &'static str, count: usize) -> Vec<Num> {
    let mut shares = vec![Num::one()];
    if count > 1 {
        let challenge = transcript.challenge(cs, label);
        let mut power = challenge.clone();
        for _ in 1..count {
            shares.push(power.clone());
            power = cs.mul(&power, &challenge);
        }
    }
    shares
}

/// `share * value`; the first share is 1.
fn shared(cs: &mut ConstraintSystem, index: usize, share: &Num, value: Num) -> Num {
    if index == 0 { value } else { cs.mul(share, &value) }
}

/// Enforces `sum_s share_s p_s q_s = claim`; the first share is 1.
fn enforce_products(cs: &mut ConstraintSystem, shares: Option<&[Num]>, pairs: &[[Num; 2]], claim: &Num) {
    let mut rest = claim.clone();
    for (index, [p, q]) in pairs.iter().enumerate().skip(1) {
        let product = cs.mul(p, q);
        rest = &rest - &shares.map_or_else(|| product.clone(), |shares| cs.mul(&shares[index], &product));
    }
    if let [[p, q], ..] = pairs {
        cs.enforce(p, q, &rest);
    }
}

/// One adapter and its runs, as variables: ids and contexts, roots, out-of-domain values, layouts.
struct AdapterVar {
    id: Num,
    /// Activations id and context, run by run.
    runs: Vec<[Num; 2]>,
    /// Root and out-of-domain value of the weights.
    weights: [Num; 2],
    /// Root and out-of-domain value of the activations, run by run.
    activations: Vec<[Num; 2]>,
    layout: LayoutVar,
    digests: [Num; 2],
    /// Out-of-domain points: of the weights, then run by run.
    ood_points: (Num, Vec<Num>),
}

impl AdapterVar {
    /// Enforces the rules of the layouts, and that the ids are the hashes of what is opened.
    fn new(cs: &mut ConstraintSystem, config: &Config, adapter: &AdapterRuns<'_>) -> Self {
        let AdapterRuns { adapter, adapter_preimage, weights_layout, inputs_layout, runs } = adapter;
        let maxima = config.maxima();
        let inner_digest = Num::constant(config.inner_digest());

        let layout = cs.group("layout", |cs| LayoutVar::new(cs, maxima, weights_layout, inputs_layout));
        let weights_digest = cs.group("weights layout digest", |cs| layout.weights_digest(cs));
        let inputs_digest = cs.group("inputs layout digest", |cs| layout.inputs_digest(cs));

        let weights = [adapter_preimage.weights_root, adapter_preimage.weights_ood].map(|value| cs.witness(value));
        let activations: Vec<[Num; 2]> = runs
            .iter()
            .map(|run| [run.preimage.activations_root, run.preimage.activations_ood].map(|value| cs.witness(value)))
            .collect();
        let id = cs.group("adapter id", |cs| {
            let mut elements = vec![inner_digest.clone()];
            elements.extend(weights.iter().chain([&weights_digest]).cloned());
            let declared = [limbs(&adapter_preimage.manifest_digest), limbs(&adapter_preimage.base_model_digest)];
            let opened = declared.as_flattened().iter().chain([&adapter_preimage.salt]);
            elements.extend(opened.map(|value| cs.witness(*value)));
            let id = sponge::hash(cs, tags::ADAPTER, &elements);
            let public = cs.witness(*adapter);
            cs.enforce_equal(&public, &id);
            public
        });
        let mut activations_ids = Vec::with_capacity(runs.len());
        for (run, [root, ood]) in runs.iter().zip(&activations) {
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
        let runs = runs.iter().zip(activations_ids).map(|(run, id)| [id, cs.witness(run.context)]).collect();
        let out_of_domain = |cs: &mut ConstraintSystem, root: &Num| {
            let point = sponge::hash(cs, tags::OUT_OF_DOMAIN, &[inner_digest.clone(), root.clone()]);
            cs.reduce(&point)
        };
        let ood_points = cs.group("out-of-domain points", |cs| {
            let of_weights = out_of_domain(cs, &weights[0]);
            (of_weights, activations.iter().map(|[root, _]| out_of_domain(cs, root)).collect())
        });
        let digests = [weights_digest, inputs_digest];
        Self { id, runs, weights, activations, layout, digests, ood_points }
    }

    /// The statements, run by run.
    fn statements(&self) -> impl Iterator<Item = [Num; 3]> {
        self.runs.iter().map(|[activations, context]| [self.id.clone(), activations.clone(), context.clone()])
    }

    /// What is absorbed about the adapter, in the order of `AdapterRuns::public_elements`.
    fn public_elements(&self) -> impl Iterator<Item = &Num> {
        let roots = self.activations.iter().map(|[root, _]| root);
        let values = self.activations.iter().map(|[_, value]| value);
        std::iter::once(&self.id)
            .chain(self.runs.as_flattened())
            .chain(std::iter::once(&self.weights[0]).chain(roots))
            .chain(std::iter::once(&self.weights[1]).chain(values))
            .chain(&self.digests)
    }

    /// The roots in the order of the commitments.
    fn roots(&self) -> impl Iterator<Item = Num> {
        std::iter::once(&self.weights).chain(&self.activations).map(|[root, _]| root.clone())
    }
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
    let proof = subject.proof;
    let maxima = config.maxima();
    let adapters: Vec<AdapterVar> =
        subject.adapters.iter().map(|adapter| AdapterVar::new(cs, config, adapter)).collect();

    let inner_digest = Num::constant(config.inner_digest());
    let public = std::iter::once(&inner_digest).chain(adapters.iter().flat_map(AdapterVar::public_elements));
    let public: Vec<Num> = public.cloned().collect();
    cs.group("statement", |cs| transcript.public(cs, labels::STATEMENT, &public));
    let runs = shares(cs, transcript, labels::RUNS, config.statements());
    let (output, token, y) = cs.group("output value", |cs| {
        let output = transcript.challenges(cs, labels::OUTPUT_POINT, maxima.log_output_space);
        let token = transcript.challenges(cs, labels::OUTPUT_POINT, maxima.log_tokens);
        let [y] = receive(cs, transcript, labels::OUTPUT_VALUE, &proof.output_value);
        (output, token, y)
    });
    let (rank, ranks) = cs.group("rank sumcheck", |cs| {
        let labels_of = [labels::RANK_ROUND, labels::RANK_POINT];
        let (point, claim) = sumcheck(cs, transcript, labels_of, &y, &proof.rank_sumcheck);
        let values = proof.rank_values.iter();
        let values: Vec<[Num; 2]> = values.map(|values| receive(cs, transcript, labels::RANK_VALUES, values)).collect();
        enforce_products(cs, None, &values, &claim);
        (point, values)
    });
    let of_adapters = shares(cs, transcript, labels::ADAPTERS, config.adapters());
    let (input, inputs) = cs.group("input sumcheck", |cs| {
        let labels_of = [labels::INPUT_ROUND, labels::INPUT_POINT];
        let u = ranks.iter().zip(&of_adapters).enumerate();
        let u: Vec<Num> = u.map(|(index, ([_, u], share))| shared(cs, index, share, u.clone())).collect();
        let (point, claim) = sumcheck(cs, transcript, labels_of, &Num::sum(&u), &proof.input_sumcheck);
        let values = proof.input_values.iter();
        let values: Vec<[Num; 2]> =
            values.map(|values| receive(cs, transcript, labels::INPUT_VALUES, values)).collect();
        enforce_products(cs, Some(&of_adapters), &values, &claim);
        (point, values)
    });
    let (range, ranges) = cs.group("range check", |cs| {
        let seed = transcript.challenges(cs, labels::RANGE_SEED, config.log_size());
        let (point, claim) = range_check(cs, transcript, &seed, &proof.range_check);
        let values = proof.range_values.iter();
        let values: Vec<[Num; 1]> = values.map(|value| receive(cs, transcript, labels::RANGE_VALUE, value)).collect();
        let products = values.iter().zip(&of_adapters).enumerate();
        let products = products.map(|(index, ([value], share))| {
            let product = nibble_product(cs, value);
            shared(cs, index, share, product)
        });
        let expected = Num::sum(&products.collect::<Vec<Num>>());
        cs.enforce_equal(&claim, &expected);
        (point, values)
    });

    let gamma = transcript.challenge(cs, labels::BATCHING);
    let points = PointsVar { output, token, rank, input, range };
    let parts = adapters.iter().map(|adapter| {
        let (weights_ood, activations_ood) = adapter.ood_points.clone();
        PartVar { layout: &adapter.layout, weights_ood, activations_ood }
    });
    let parts = parts.collect();
    let batched = cs.group("claims", |cs| BatchedVar::new(cs, maxima, parts, points, gamma, runs));
    let values = adapters.iter().zip(&ranks).zip(&inputs).zip(&ranges);
    let values = values.map(|(((adapter, [b, _]), [a, x]), [range])| ValuesVar {
        a: a.clone(),
        b: b.clone(),
        range: range.clone(),
        weights_ood: adapter.weights[1].clone(),
        x: x.clone(),
        activations_ood: adapter.activations.iter().map(|[_, value]| value.clone()).collect(),
    });
    let values: Vec<ValuesVar> = values.collect();
    let claim = cs.group("claims", |cs| batched.claim(cs, &values, &y));
    let roots = adapters.iter().flat_map(AdapterVar::roots).collect();
    cs.group("opening", |cs| whir::enforce(cs, config, transcript, roots, claim, &batched, &proof.opening));
    adapters.iter().flat_map(AdapterVar::statements).collect()
}
