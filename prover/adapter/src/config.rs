//! `adapter_config.json`: which fields mean what, and how a module gets its rank and its scaling.
//!
//! `scaling = alpha / rank`, or `alpha / sqrt(rank)` with `use_rslora`. A module's rank and alpha are the configured
//! ones unless a key of `rank_pattern` / `alpha_pattern` matches `(.*\.)?(key)$` on its name from the start. PEFT takes
//! the first match in file order; here a module that two patterns match is refused, because the order of a JSON object
//! is not something a statement should hang on.
//!
//! The fields are those of PEFT 0.21.2 and its predecessors. A field not listed is accepted only in a value that says
//! "off": null, an empty list or object, or false for a name that starts with `use_`. `target_modules` is never hashed
//! and decides nothing here: PEFT writes it in an unstable order, and the tensors say which modules exist.

use std::path::Path;

use regex::Regex;
use serde_json::{Map, Value};

use crate::{Error, files};

/// Far above any real configuration: some kilobytes, or a few hundred with patterns for every module.
const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// What a field may hold.
#[derive(Clone, Copy)]
enum Rule {
    /// Read by [`Config::read`] itself.
    Read,
    /// Selects modules, names things, or acts only in training: any value.
    Neutral,
    /// Decides how lora_A and lora_B start. The trained tensors are in the file, so `delta` stays
    /// `scaling * lora_b (lora_a x)`; some methods also replace the base weights, see [`base_weights_note`].
    Initialization,
    /// Null, false, empty: anything else changes the formula, for this reason.
    Off(&'static str),
}

/// Every field of PEFT's `LoraConfig` and its parents.
const FIELDS: &[(&str, Rule)] = &[
    ("peft_type", Rule::Read),
    ("r", Rule::Read),
    ("lora_alpha", Rule::Read),
    ("use_rslora", Rule::Read),
    ("rank_pattern", Rule::Read),
    ("alpha_pattern", Rule::Read),
    ("bias", Rule::Read),
    ("base_model_name_or_path", Rule::Read),
    ("init_lora_weights", Rule::Initialization),
    ("corda_config", Rule::Initialization),
    ("eva_config", Rule::Initialization),
    ("loftq_config", Rule::Initialization),
    ("lora_ga_config", Rule::Initialization),
    ("auto_mapping", Rule::Neutral),
    ("exclude_modules", Rule::Neutral),
    // Only the merged weight is transposed; lora_A and lora_B keep their shapes.
    ("fan_in_fan_out", Rule::Neutral),
    ("inference_mode", Rule::Neutral),
    ("layers_pattern", Rule::Neutral),
    ("layers_to_transform", Rule::Neutral),
    // The identity in a forward pass that is not training.
    ("lora_dropout", Rule::Neutral),
    ("megatron_core", Rule::Neutral),
    ("peft_version", Rule::Neutral),
    ("qalora_group_size", Rule::Neutral),
    ("revision", Rule::Neutral),
    ("runtime_config", Rule::Neutral),
    ("target_modules", Rule::Neutral),
    ("task_type", Rule::Neutral),
    ("use_dora", Rule::Off("DoRA rescales the merged weight, delta is no product of two matrices")),
    ("lora_bias", Rule::Off("a bias in lora_B adds a constant to delta")),
    ("modules_to_save", Rule::Off("whole modules were trained besides the LoRA ones")),
    ("trainable_token_indices", Rule::Off("rows of the embedding were trained besides the LoRA modules")),
    ("use_qalora", Rule::Off("QALoRA pools the input in groups before lora_A")),
    ("layer_replication", Rule::Off("layers of the base model are repeated")),
    ("target_parameters", Rule::Off("parameters are adapted that are not the weight of a linear module")),
    ("alora_invocation_tokens", Rule::Off("aLoRA is active only after certain tokens")),
    ("arrow_config", Rule::Off("Arrow mixes several adapters by a router")),
    ("use_bdlora", Rule::Off("BD-LoRA stores block-diagonal matrices under the same names")),
    ("kasa_config", Rule::Off("KaSA has a trained diagonal between lora_A and lora_B")),
    ("monteclora_config", Rule::Off("MonteCLoRA samples the weights")),
    ("velora_config", Rule::Off("VeLoRA projects the input")),
    ("megatron_config", Rule::Off("the tensors of a parallel layer are shards")),
    ("ensure_weight_tying", Rule::Off("one adapter is shared by tied modules, which the file does not show")),
    ("enable_lora", Rule::Off("merged linear layers adapt only some of their outputs")),
];

/// The part of the configuration that a statement depends on.
pub(crate) struct Config {
    path: std::path::PathBuf,
    rank: u64,
    alpha: f64,
    use_rslora: bool,
    rank_pattern: Vec<(Pattern, u64)>,
    alpha_pattern: Vec<(Pattern, f64)>,
    pub(crate) base_model: Option<String>,
    pub(crate) notes: Vec<String>,
}

struct Pattern {
    text: String,
    regex: Regex,
}

impl Config {
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let bytes = files::read(path, MAX_CONFIG_BYTES)?;
        let fields: Map<String, Value> = serde_json::from_slice(&bytes)
            .map_err(|e| Error::ConfigSyntax { path: path.into(), reason: e.to_string() })?;
        let fields = Fields { path, fields };
        let peft_type = fields.require("peft_type")?;
        if peft_type != "LORA" {
            return Err(Error::PeftTypeUnsupported { path: path.into(), actual: shown(peft_type) });
        }
        fields.check_rules()?;
        let mut notes = Vec::new();
        notes.extend(base_weights_note(fields.get("init_lora_weights")));
        Ok(Self {
            path: path.into(),
            rank: fields.rank("r", fields.require("r")?)?,
            alpha: fields.alpha("lora_alpha", fields.require("lora_alpha")?)?,
            use_rslora: match fields.get("use_rslora") {
                Value::Null => false,
                Value::Bool(value) => *value,
                other => return Err(fields.invalid("use_rslora", "true or false", other)),
            },
            rank_pattern: fields.patterns("rank_pattern", Fields::rank)?,
            alpha_pattern: fields.patterns("alpha_pattern", Fields::alpha)?,
            base_model: fields.get("base_model_name_or_path").as_str().map(str::to_owned),
            notes,
        })
    }

    /// The rank that the configuration gives to a module.
    pub(crate) fn rank(&self, module: &str) -> Result<u64, Error> {
        Ok(self.find("rank_pattern", &self.rank_pattern, module)?.unwrap_or(self.rank))
    }

    /// `alpha / rank`, or `alpha / sqrt(rank)`.
    pub(crate) fn scaling(&self, module: &str) -> Result<f64, Error> {
        let alpha = self.find("alpha_pattern", &self.alpha_pattern, module)?.unwrap_or(self.alpha);
        // Ranks are at most MAX_RANK, so the conversion is exact.
        let rank = u32::try_from(self.rank(module)?).map_or(f64::NAN, f64::from);
        Ok(alpha / if self.use_rslora { rank.sqrt() } else { rank })
    }

    fn find<T: Copy>(&self, field: &'static str, patterns: &[(Pattern, T)], module: &str) -> Result<Option<T>, Error> {
        let mut matching = patterns.iter().filter(|(pattern, _)| pattern.regex.is_match(module));
        let first = matching.next();
        if let (Some((first, _)), Some((second, _))) = (first, matching.next()) {
            return Err(Error::PatternAmbiguous {
                path: self.path.clone(),
                field,
                module: module.into(),
                first: first.text.clone(),
                second: second.text.clone(),
            });
        }
        Ok(first.map(|(_, value)| *value))
    }
}

/// Largest rank that is read. The statement has its own, smaller maximum; this one keeps sizes sane.
pub(crate) const MAX_RANK: u64 = 1 << 16;

struct Fields<'a> {
    path: &'a Path,
    fields: Map<String, Value>,
}

impl Fields<'_> {
    /// A missing field and null are the same to PEFT.
    fn get(&self, field: &str) -> &Value {
        self.fields.get(field).unwrap_or(&Value::Null)
    }

    fn require(&self, field: &str) -> Result<&Value, Error> {
        self.fields.get(field).ok_or_else(|| Error::ConfigFieldMissing { path: self.path.into(), field: field.into() })
    }

    fn invalid(&self, field: &str, expected: &'static str, actual: &Value) -> Error {
        Error::ConfigFieldInvalid { path: self.path.into(), field: field.into(), expected, actual: shown(actual) }
    }

    fn check_rules(&self) -> Result<(), Error> {
        for (field, value) in &self.fields {
            match FIELDS.iter().find(|(name, _)| name == field).map(|(_, rule)| *rule) {
                Some(Rule::Read | Rule::Neutral | Rule::Initialization) => {}
                Some(Rule::Off(_)) if is_off(value) || *value == Value::Bool(false) => {}
                Some(Rule::Off(reason)) => return Err(self.unsupported(field, value, reason)),
                None if is_off(value) || (field.starts_with("use_") && *value == Value::Bool(false)) => {}
                None => {
                    let (path, actual) = (self.path.into(), shown(value));
                    return Err(Error::ConfigFieldUnknown { path, field: field.clone(), actual });
                }
            }
        }
        match self.get("bias") {
            Value::Null => Ok(()),
            value if value == "none" => Ok(()),
            value => Err(self.unsupported("bias", value, "biases of the base model were trained")),
        }
    }

    fn unsupported(&self, field: &str, value: &Value, reason: &'static str) -> Error {
        let (path, actual) = (self.path.into(), shown(value));
        Error::ConfigFieldUnsupported { path, field: field.into(), actual, reason }
    }

    fn rank(&self, field: &str, value: &Value) -> Result<u64, Error> {
        match value.as_u64() {
            Some(rank) if (1..=MAX_RANK).contains(&rank) => Ok(rank),
            _ => Err(self.invalid(field, "a whole number from 1 to 65536", value)),
        }
    }

    fn alpha(&self, field: &str, value: &Value) -> Result<f64, Error> {
        match value.as_f64() {
            Some(alpha) if alpha.is_finite() && alpha > 0.0 => Ok(alpha),
            _ => Err(self.invalid(field, "a finite number above 0", value)),
        }
    }

    fn patterns<T>(
        &self,
        field: &'static str,
        read: impl Fn(&Self, &str, &Value) -> Result<T, Error>,
    ) -> Result<Vec<(Pattern, T)>, Error> {
        let object = match self.get(field) {
            Value::Null => return Ok(Vec::new()),
            Value::Object(object) => object,
            other => return Err(self.invalid(field, "an object of patterns", other)),
        };
        object
            .iter()
            .map(|(text, value)| {
                let invalid =
                    |reason| Error::PatternInvalid { path: self.path.into(), field, pattern: text.clone(), reason };
                check_dialect(text).map_err(|reason| invalid(reason.into()))?;
                let regex = Regex::new(&format!(r"^(.*\.)?({text})$")).map_err(|e| invalid(last_line(&e)))?;
                let value = read(self, &format!("{field}.{text}"), value)?;
                Ok((Pattern { text: text.clone(), regex }, value))
            })
            .collect()
    }
}

/// Refuses what Python's `re` and the crate `regex` read differently. What only Python knows (look-around,
/// back-references) does not compile and is refused by the crate itself.
fn check_dialect(pattern: &str) -> Result<(), &'static str> {
    let without_groups = pattern.replace("(?:", "");
    if without_groups.contains("(?") {
        return Err("flags, names and look-around are not supported");
    }
    if ["&&", "--", "~~", "[[", "\\<", "\\>", "\\b{"].iter().any(|operator| pattern.contains(operator)) {
        return Err("it has a set operation or a word boundary that Python reads differently");
    }
    let mut in_class = false;
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match (character, in_class) {
            ('\\', _) => drop(characters.next()),
            ('[', true) => return Err("it has a bracket inside brackets, which Python reads differently"),
            ('[', false) => in_class = true,
            (']', true) => in_class = false,
            _ => {}
        }
    }
    Ok(())
}

/// Whether a value switches something off.
fn is_off(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

/// Some initializations subtract the first `scaling * lora_b lora_a` from the base weights, or quantize them. Delta
/// keeps its formula, but it is a delta of those base weights.
fn base_weights_note(init: &Value) -> Option<String> {
    let method = init.as_str()?;
    let changes_base = ["pissa", "olora", "corda", "loftq", "lora_ga"].iter().any(|m| method.starts_with(m));
    changes_base.then(|| {
        format!(
            "init_lora_weights is {method}: training changed the base weights too, so base-digest must be taken of \
             the changed weights"
        )
    })
}

/// A value as an error shows it: short, whatever the file holds.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
        None => text,
    }
}

/// A regex error spans several lines; its last says what is wrong.
fn last_line(error: &regex::Error) -> String {
    error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}
