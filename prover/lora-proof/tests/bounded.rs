//! How much a verifier can be made to hash: a number that follows from the profile, counted and not timed. Whatever is not
//! accepted costs no more, whatever the bytes.

mod support;

use rankproof_lora_proof::transcript::{Event, Kind, Transcript};
use rankproof_lora_proof::{Config, F, LoraProof, Profile, Proof, SharedProof};
use rankproof_poseidon::permutation::computed;
use rankproof_statement::digest::out_of_domain_point;
use rankproof_statement::{InputsLayout, WeightBits, WeightsLayout};
use support::elements::{elements, from_elements};
use support::{SHAPES, events, honest, honest_adapters, honest_shared, prove_witness, witness};

/// Longest input that is tried, bytes.
const LONGEST: usize = 1 << 20;

fn counted<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let before = computed();
    let result = work();
    (computed() - before, result)
}

/// Permutations of a transcript, from the lengths of what is absorbed and squeezed.
fn of_transcript(events: &[Event]) -> u64 {
    let (mut absorbed, mut squeezed, mut permutations) = (0, 3, 0);
    for event in events {
        for _ in 0..event.length {
            let permutes = match event.kind {
                Kind::Challenge => absorbed > 0 || squeezed == 3,
                Kind::Public | Kind::Message => absorbed == 3,
            };
            if permutes {
                permutations += 1;
                (absorbed, squeezed) = (0, 0);
            }
            match event.kind {
                Kind::Challenge => squeezed += 1,
                Kind::Public | Kind::Message => (absorbed, squeezed) = (absorbed + 1, 3),
            }
        }
    }
    permutations
}

/// Permutations over a cap, 4 to 1.
fn of_cap(log_cap: usize) -> u64 {
    let mut nodes = 1u64 << log_cap;
    let mut permutations = 0;
    while nodes > 1 {
        nodes = nodes.div_ceil(4);
        permutations += nodes;
    }
    permutations
}

/// Permutations of `verify` on an accepted proof: those of the transcript, a leaf and a path for each query, a cap for
/// each tree, and the ids with all that goes into them.
fn of_verification(config: &Config) -> u64 {
    let (adapters, runs) = (config.adapters() as u64, config.runs() as u64);
    let trees = config.rounds.iter().enumerate().map(|(index, round)| {
        let trees = if index == 0 { adapters * (1 + runs) } else { 1 };
        // A path has its levels, and its end is computed once more.
        let path = 1 + round.path_levels() as u64 + 1;
        trees * (of_cap(round.log_cap) + round.queries as u64 * path)
    });
    let (inner, digest) = counted(|| config.inner_digest());
    let (point, _) = counted(|| out_of_domain_point(digest, F::from(0u64)));
    let layout = WeightsLayout { bits: WeightBits::Four, log_rank: 0, slots: Vec::new() };
    let inputs = InputsLayout { log_tokens: 0, input_offsets: Vec::new() };
    let (layouts, _) = counted(|| (layout.digest(config.maxima()), inputs.digest(config.maxima())));
    // Nine and eight elements.
    let ids = 3 + 3 * runs;
    let of_adapter = 2 * inner + 2 * layouts + ids + (1 + runs) * point;
    of_transcript(&events::expected(config)) + trees.sum::<u64>() + inner + adapters * of_adapter
}

/// Permutations of reading a file: the digest of the configuration.
fn of_reading(config: &Config) -> u64 {
    counted(|| config.inner_digest()).0
}

#[test]
fn an_accepted_proof_costs_what_its_profile_says() {
    let (tiny, proof) = honest();
    assert_eq!(counted(|| proof.subject().verify(tiny)), (of_verification(tiny), Ok(())));
    let other = prove_witness(tiny, &witness(&SHAPES[..1], 16, WeightBits::Eight, 3), F::from(1u64));
    assert_eq!(counted(|| other.subject().verify(tiny)), (of_verification(tiny), Ok(())), "another shape");
    let bytes = proof.to_bytes(Profile::Tiny, tiny);
    assert_eq!(counted(|| LoraProof::from_bytes(&bytes).is_ok()), (of_reading(tiny), true));
    for (profile, (config, shared)) in [(Profile::TinyS2, honest_shared()), (Profile::TinyA2, honest_adapters())] {
        assert_eq!(counted(|| shared.verify(config)), (of_verification(config), Ok(())));
        let bytes = shared.to_bytes(profile, config);
        assert_eq!(counted(|| SharedProof::from_bytes(&bytes).is_ok()), (of_reading(config), true));
    }
    for profile in Profile::ALL {
        let (config, name) = (profile.config(), profile.name());
        println!("{name}: {} elements, {} permutations", Proof::element_count(&config), of_verification(&config));
    }
}

/// One element of the argument in twenty changed, and everything cut or lengthened.
#[test]
fn a_refused_proof_costs_no_more() {
    let shared = [honest_shared(), honest_adapters()].map(|(config, proof)| (config, proof.subject()));
    for (config, proof) in [(&honest().0, honest().1.subject())].into_iter().chain(shared) {
        let (bound, original) = (of_verification(config), elements(proof.proof));
        let mut tried = 0;
        for index in (0..original.len()).step_by(20) {
            let mut changed = original.clone();
            changed[index] += F::from(1u64);
            let changed = from_elements(config, &changed);
            let subject = rankproof_lora_proof::Subject { proof: &changed, ..proof.clone() };
            let (work, verdict) = counted(|| subject.verify_with(config, &mut Transcript::default()));
            assert!(verdict.is_err() && work <= bound, "element {index}: {work} of {bound}");
            tried += 1;
        }
        println!("assurance: refused proofs whose work was counted = {tried}");
    }
}

type Reader = fn(&[u8]) -> bool;

/// A header of every profile, in both formats, with zeros behind it, up to a mebibyte.
#[test]
fn any_bytes_up_to_a_mebibyte_cost_no_more_than_a_proof() {
    let most = Profile::ALL.map(|profile| of_verification(&profile.config())).into_iter().max().expect("profiles");
    let readers: [(&[u8; 4], Reader); 2] = [
        (b"RPLP", |bytes| {
            LoraProof::from_bytes(bytes).is_ok_and(|(proof, profile)| proof.subject().verify(&profile.config()).is_ok())
        }),
        (b"RPLS", |bytes| {
            SharedProof::from_bytes(bytes).is_ok_and(|(proof, profile)| proof.verify(&profile.config()).is_ok())
        }),
    ];
    let mut tried = 0;
    for profile in Profile::ALL {
        let config = profile.config();
        let slots = config.maxima().modules;
        for (magic, read) in readers {
            let mut header = magic.to_vec();
            header.extend([0, 1, profile.code()]);
            header.extend(rankproof_statement::field::to_canonical_bytes(&config.inner_digest()));
            let ids = if magic == b"RPLP" { 3 } else { 1 };
            let contexts = if magic == b"RPLP" { 0 } else { 64 * config.runs() };
            let opened = 14 * slots + 1 + 4 * slots + 32 * 5 + 32 * 4 * config.runs();
            let prefix = header.len();
            // Several adapters follow one another.
            for adapter in 0..config.adapters() {
                header.resize(prefix + adapter * (32 * ids + 4 + opened + contexts) + 32 * ids, 0);
                header.extend([4, 0]);
                header.extend(u16::try_from(slots).expect("few").to_be_bytes());
            }
            // What is exactly as long as a proof reaches the verifier.
            let exact = header.len() + opened + contexts + 32 * Proof::element_count(&config);
            for length in [header.len(), 1_000, 100_000, exact - 1, exact, exact + 1, LONGEST] {
                let mut bytes = header.clone();
                bytes.resize(length.max(header.len()), 0);
                let (work, accepted) = counted(|| read(&bytes));
                assert!(!accepted, "{} of {length} bytes", profile.name());
                assert!(work <= of_reading(&config) + most, "{} of {length} bytes: {work}", profile.name());
                tried += 1;
            }
        }
    }
    println!("assurance: inputs of up to 1 MiB whose work was counted = {tried}; permutations at most = {most}");
}
