//! The relation in plain integers: `Y_m = lora_b_m (lora_a_m X_m)`, exactly (docs/protocol.md eq. 1).
//!
//! Everything else in Rankproof is measured against [`check`]. Bounds: weights are at most 2^7 in size, `X` is int16,
//! `in <= 2^14`, `rank <= 2^7`, so `|Y| <= 2^50` and nothing here or in the field wraps around.

use std::collections::HashMap;

use crate::{Error, QuantizedActivations, QuantizedAdapter, QuantizedModule};

/// Base-2 logarithm of [`MAX_RANK`].
pub const MAX_LOG_RANK: usize = 7;
/// Largest rank of a module.
pub const MAX_RANK: usize = 1 << MAX_LOG_RANK;
/// Base-2 logarithm of [`MAX_IN_FEATURES`].
pub const MAX_LOG_IN: usize = 14;
/// Largest number of input features of a module.
pub const MAX_IN_FEATURES: usize = 1 << MAX_LOG_IN;

/// What the prover knows: an adapter, one forward pass, and the outputs it claims, in integers.
#[derive(Clone, Debug, PartialEq)]
pub struct Witness {
    /// The adapter.
    pub adapter: QuantizedAdapter,
    /// One entry per module, in the adapter's order.
    pub activations: Vec<QuantizedActivations>,
    /// Per module, row-major `[tokens, out_features]`, in the adapter's order.
    pub outputs: Vec<Vec<i64>>,
}

impl Witness {
    /// Joins an adapter with the activations of its modules (any order, others ignored) and computes the outputs.
    ///
    /// # Errors
    /// When a module has no activations, shapes disagree, a code is out of range, or a size exceeds the bounds above.
    pub fn new(adapter: QuantizedAdapter, activations: Vec<QuantizedActivations>) -> Result<Self, Error> {
        let mut by_name: HashMap<String, QuantizedActivations> =
            activations.into_iter().map(|entry| (entry.module.clone(), entry)).collect();
        let mut ordered = Vec::with_capacity(adapter.modules.len());
        for module in &adapter.modules {
            let entry = by_name
                .remove(&module.name)
                .ok_or_else(|| Error::MissingActivations { module: module.name.clone() })?;
            ordered.push(entry);
        }
        check_shapes(&adapter, &ordered)?;
        let outputs = adapter.modules.iter().zip(&ordered).map(|(module, input)| apply(module, input)).collect();
        Ok(Self { adapter, activations: ordered, outputs })
    }

    /// Number of tokens.
    pub fn tokens(&self) -> usize {
        self.activations.first().map_or(0, |entry| entry.tokens)
    }
}

/// `lora_b (lora_a x)` for every token, row-major `[tokens, out_features]`. Shapes must have been checked.
fn apply(module: &QuantizedModule, input: &QuantizedActivations) -> Vec<i64> {
    let mut outputs = Vec::with_capacity(input.tokens * module.out_features);
    for x in input.x.chunks_exact(module.in_features) {
        let down: Vec<i64> = module
            .lora_a
            .chunks_exact(module.in_features)
            .map(|row| row.iter().zip(x).map(|(a, x)| i64::from(*a) * i64::from(*x)).sum())
            .collect();
        outputs.extend(
            module
                .lora_b
                .chunks_exact(module.rank)
                .map(|row| row.iter().zip(&down).map(|(b, u)| i64::from(*b) * u).sum::<i64>()),
        );
    }
    outputs
}

fn check_length(module: &str, table: &'static str, expected: Option<usize>, actual: usize) -> Result<(), Error> {
    if expected == Some(actual) {
        return Ok(());
    }
    Err(Error::TableLength { module: module.to_owned(), table, expected: expected.unwrap_or(usize::MAX), actual })
}

fn check_maximum(what: &'static str, maximum: usize, actual: usize) -> Result<(), Error> {
    if actual == 0 || actual > maximum {
        return Err(Error::ExceedsProfile { what, maximum: maximum as u64, actual: actual as u64 });
    }
    Ok(())
}

fn check_codes(module: &str, table: &'static str, codes: &[i8], bits: u32) -> Result<(), Error> {
    let bound = 1i64 << (bits - 1);
    for (index, code) in codes.iter().enumerate() {
        let value = i64::from(*code);
        if value < -bound || value >= bound {
            return Err(Error::WeightOutOfRange { module: module.to_owned(), table, index, value, bits });
        }
    }
    Ok(())
}

fn check_scales(module: &str, table: &'static str, scales: &[f64]) -> Result<(), Error> {
    match scales.iter().position(|scale| !(scale.is_finite() && *scale > 0.0)) {
        Some(index) => Err(Error::BadScale { module: module.to_owned(), table, index }),
        None => Ok(()),
    }
}

/// Checks shapes, ranges and scales of an adapter.
///
/// # Errors
/// The first fact that does not hold.
pub fn check_adapter(adapter: &QuantizedAdapter) -> Result<(), Error> {
    if adapter.modules.is_empty() {
        return Err(Error::NoModules);
    }
    let mut names = std::collections::HashSet::new();
    for module in &adapter.modules {
        let name = &module.name;
        if !names.insert(name) {
            return Err(Error::DuplicateModule { name: name.clone() });
        }
        check_maximum("rank", MAX_RANK, module.rank)?;
        check_maximum("in_features", MAX_IN_FEATURES, module.in_features)?;
        check_maximum("out_features", u32::MAX as usize, module.out_features)?;
        check_length(name, "lora_a", module.rank.checked_mul(module.in_features), module.lora_a.len())?;
        check_length(name, "lora_b", module.out_features.checked_mul(module.rank), module.lora_b.len())?;
        check_length(name, "out_scale", Some(module.out_features), module.out_scale.len())?;
        check_codes(name, "lora_a", &module.lora_a, adapter.bits.bits())?;
        check_codes(name, "lora_b", &module.lora_b, adapter.bits.bits())?;
        check_scales(name, "out_scale", &module.out_scale)?;
    }
    Ok(())
}

fn check_count(table: &'static str, expected: usize, actual: usize) -> Result<(), Error> {
    if expected == actual { Ok(()) } else { Err(Error::ModuleCountMismatch { table, expected, actual }) }
}

fn check_shapes(adapter: &QuantizedAdapter, activations: &[QuantizedActivations]) -> Result<(), Error> {
    check_adapter(adapter)?;
    check_count("activations", adapter.modules.len(), activations.len())?;
    let tokens = activations.first().map_or(0, |entry| entry.tokens);
    check_maximum("tokens", 1 << 20, tokens)?;
    for (position, module) in adapter.modules.iter().enumerate() {
        let name = &module.name;
        let input = activations
            .get(position)
            .filter(|entry| entry.module == *name)
            .ok_or_else(|| Error::MissingActivations { module: name.clone() })?;
        if input.tokens != tokens {
            let (expected, actual) = (tokens, input.tokens);
            return Err(Error::TokenCountMismatch { module: name.clone(), expected, actual });
        }
        check_length(name, "in_features", Some(module.in_features), input.in_features)?;
        check_length(name, "x", tokens.checked_mul(module.in_features), input.x.len())?;
        check_length(name, "token_scale", Some(tokens), input.token_scale.len())?;
        check_scales(name, "token_scale", &input.token_scale)?;
    }
    Ok(())
}

/// The relation: shapes agree, every code fits its width, and every output is `lora_b (lora_a x)`.
///
/// # Errors
/// The first fact that does not hold; [`Error::RelationViolated`] names the output.
pub fn check(witness: &Witness) -> Result<(), Error> {
    check_shapes(&witness.adapter, &witness.activations)?;
    check_count("outputs", witness.adapter.modules.len(), witness.outputs.len())?;
    for (position, (module, input)) in witness.adapter.modules.iter().zip(&witness.activations).enumerate() {
        let claimed = witness.outputs.get(position).map_or(&[][..], Vec::as_slice);
        let computed = apply(module, input);
        check_length(&module.name, "outputs", Some(computed.len()), claimed.len())?;
        if let Some(index) = claimed.iter().zip(&computed).position(|(a, b)| a != b) {
            return Err(Error::RelationViolated {
                module: module.name.clone(),
                output: index % module.out_features,
                token: index / module.out_features,
                claimed: claimed[index],
                computed: computed[index],
            });
        }
    }
    Ok(())
}
