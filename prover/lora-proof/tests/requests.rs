//! Requests that put together what does not belong together are refused before any work, alone and shared.
mod support;

use rankproof_lora_proof::argument::adapter_preimage;
use rankproof_lora_proof::{
    AdapterRequest, Commitment, Config, Error, F, Profile, RunRequest, commit_weights, prove, prove_shared,
};
use rankproof_statement::{AdapterPreimage, WeightBits, WeightsLayout, Witness, tables};
use support::{SHAPES, honest_witness, witness};

/// An adapter, committed.
struct Committed {
    layout: WeightsLayout,
    commitment: Commitment,
    preimage: AdapterPreimage,
}

fn commit(config: &Config, witness: &Witness) -> Committed {
    let layout = WeightsLayout::plan(&witness.adapter, config.maxima()).expect("fits");
    let commitment = commit_weights(config, tables::weights(&witness.adapter, &layout, config.maxima()));
    let preimage = adapter_preimage(&witness.adapter, commitment.root(), commitment.ood_value(), F::from(1_234_567u64));
    Committed { layout, commitment, preimage }
}

/// What a prover of one run says, and what a prover of several runs says.
fn asked(profile: Profile, shared: Profile, parts: impl Fn(&Config, &Witness) -> Committed) -> [Option<Error>; 2] {
    let witness = honest_witness();
    let (context, salt) = (F::from(1u64), F::from(2u64));
    let config = profile.config();
    let Committed { layout, commitment, preimage } = parts(&config, &witness);
    let alone = prove(&config, &witness, &layout, &commitment, &preimage, context, salt).err();
    let config = shared.config();
    let Committed { layout, commitment, preimage } = parts(&config, &witness);
    let runs = vec![RunRequest { witness: &witness, context, salt }];
    let request = AdapterRequest { weights_layout: &layout, weights: &commitment, adapter: &preimage, runs };
    [alone, prove_shared(&config, &[request]).err()]
}

#[test]
fn a_commitment_of_something_else_is_refused() {
    let asked = |parts: fn(&Config, &Witness) -> Committed| asked(Profile::Tiny, Profile::TinyS2, parts);
    let refused = |what| [Some(Error::CommitmentMismatch(what)), Some(Error::CommitmentMismatch(what))];
    assert_eq!(asked(commit), [None, None], "honest parts");
    let of_another_profile = asked(|_, witness| commit(&Profile::TinyA2.config(), witness));
    assert_eq!(of_another_profile, refused("configuration"));
    let of_another_shape = asked(|config, witness| Committed {
        layout: commit(config, &support::witness(&SHAPES[..1], 5, WeightBits::Four, 1)).layout,
        ..commit(config, witness)
    });
    assert_eq!(of_another_shape, refused("layout"));
    let of_other_weights = asked(|config, honest| Committed {
        commitment: commit(config, &witness(&SHAPES, 5, WeightBits::Four, 2)).commitment,
        ..commit(config, honest)
    });
    assert_eq!(of_other_weights, refused("root or value"));
    let of_another_value = asked(|config, witness| {
        let mut committed = commit(config, witness);
        committed.preimage.weights_ood += F::from(1u64);
        committed
    });
    assert_eq!(of_another_value, refused("root or value"));
}

#[test]
fn a_profile_of_several_is_refused_by_the_prover_of_one() {
    let of = |profile| asked(profile, Profile::TinyS2, commit)[0].clone();
    assert_eq!(of(Profile::TinyS2), Some(Error::RunCount { maximum: 2, actual: 1 }));
    assert_eq!(of(Profile::TinyA2), Some(Error::AdapterCount { maximum: 2, actual: 1 }));
}
