//! What is measured: one adapter for each size, and adapters of real models.

use rankproof_lora_proof::{Config, Profile};

use crate::models::{MODELS, Shape, Target};

/// Sizes of the growth curve: `2^n` weights.
pub const LOG_SIZES: std::ops::RangeInclusive<usize> = 14..=23;
/// Tokens of the growth curve: what fits the smallest size.
const TOKENS: usize = 4;

/// One thing to measure.
#[derive(Clone, Debug)]
pub struct Case {
    /// What users type, and the name of its result file.
    pub name: String,
    /// What the LoRA proofs look like.
    pub config: Config,
    /// The profile's name, or `codes of medium`.
    pub profile: String,
    /// The profile that has this configuration, if any.
    pub of_profile: Option<Profile>,
    /// The model's name, and which of its modules.
    pub model: Option<(&'static str, Target)>,
    /// The adapter.
    pub shape: Shape,
    /// Tokens of the one run.
    pub tokens: usize,
}

/// A model's adapter with the most that its profile holds: rank and tokens.
type ModelCase = (&'static str, Target, Profile, usize, usize);

/// `(model, modules, profile, rank, tokens)`.
const OF_MODELS: [ModelCase; 8] = [
    ("minilm", Target::QueryValue, Profile::Small, 8, 16),
    ("minilm", Target::AllLinear, Profile::Small, 4, 4),
    ("distilgpt2", Target::QueryValue, Profile::Small, 8, 4),
    ("distilgpt2", Target::AllLinear, Profile::Medium, 8, 8),
    ("llama-3.2-1b", Target::QueryValue, Profile::Medium, 8, 8),
    ("llama-3.2-1b", Target::AllLinear, Profile::Large, 8, 8),
    ("llama-3.1-8b", Target::QueryValue, Profile::Large, 16, 16),
    ("llama-3.1-8b", Target::AllLinear, Profile::Large, 2, 2),
];

/// Every case, small ones first.
pub fn all() -> Vec<Case> {
    let sizes = LOG_SIZES.map(|log_size| {
        let parameters = Profile::Medium.parameters().with_log_size(log_size);
        let config = Config::new(parameters).expect("the codes of medium serve every size");
        let is_medium = config == Profile::Medium.config();
        Case {
            name: format!("n{log_size}"),
            config,
            profile: "codes of medium".to_owned(),
            of_profile: is_medium.then_some(Profile::Medium),
            model: None,
            shape: Shape::of_size(log_size),
            tokens: TOKENS,
        }
    });
    let models = OF_MODELS.into_iter().filter_map(|(name, target, profile, rank, tokens)| {
        let model = MODELS.iter().find(|model| model.name == name)?;
        let modules = if target == Target::QueryValue { "qv" } else { "all" };
        Some(Case {
            name: format!("{name}-{modules}"),
            config: profile.config(),
            profile: profile.name().to_owned(),
            of_profile: Some(profile),
            model: Some((model.base_model, target)),
            shape: Shape::of_model(model, target, rank),
            tokens,
        })
    });
    sizes.chain(models).collect()
}
