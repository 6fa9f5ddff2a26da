//! Digest: a client recomputes the activations id from tensors it can read.
//!
//! The client has its own inputs X, the outputs Y with the salt, and the public adapter file. X is quantised again
//! (the scheme is deterministic) and must give the integers of Y bit for bit; the output scales must be those of the
//! adapter; every `.delta` must be `out_scale * token_scale * y`. Then the activations are encoded and hashed as the
//! prover did. A proof or seal about that id, under the adapter's id, says that these outputs are the adapter's answer.
//!
//! It does not verify a proof: that is `verify`, `verify-seal` or a contract.

use std::collections::HashMap;
use std::path::PathBuf;

use rankproof_adapter::{ModuleOutputs, quantize_activations, read_activations, read_outputs};
use rankproof_lora_proof::argument::commit_run;
use rankproof_statement::field::from_canonical_bytes;
use rankproof_statement::{QuantizedActivations, QuantizedModule, Witness};
use serde::Serialize;

use crate::public_adapter::PublicAdapter;
use crate::words::print_element;
use crate::{Error, Progress, halo2};

/// Which tensors.
#[derive(Clone, Debug)]
pub struct Request {
    /// The public adapter file.
    pub adapter: PathBuf,
    /// The client's inputs.
    pub activations: PathBuf,
    /// The outputs it was given.
    pub outputs: PathBuf,
    /// Takes only the first rows of the inputs.
    pub tokens: Option<usize>,
}

/// What the tensors amount to.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The adapter id that the public file declares.
    pub adapter_id: String,
    /// The recomputed activations id.
    pub activations_id: String,
    /// The adapter id in the halo2 system that the public file declares; absent when that system does not take the
    /// adapter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub halo2_adapter_id: Option<String>,
    /// The recomputed activations id in the halo2 system; absent with the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub halo2_activations_id: Option<String>,
    /// Number of modules.
    pub modules: usize,
    /// Number of tokens.
    pub tokens: usize,
}

/// Recomputes the activations id.
///
/// # Errors
/// [`Error::OutputsMismatch`] when the outputs do not belong to these inputs or this adapter.
pub fn digest(request: &Request, progress: &dyn Progress) -> Result<Report, Error> {
    let (public, shapes) = PublicAdapter::read(&request.adapter)?;
    let modules = &shapes.adapter.modules;
    let wanted = modules.iter().map(|module| (module.name.as_str(), module.in_features));
    let inputs = quantize_activations(&read_activations(&request.activations, wanted, request.tokens)?);
    let outputs = read_outputs(&request.outputs)?;
    let salt = from_canonical_bytes(&outputs.salt)?;
    let refuse = |module: &str, what: &'static str| {
        Err(Error::OutputsMismatch { path: request.outputs.clone(), module: module.to_owned(), what })
    };
    if let Some(extra) =
        outputs.modules.iter().find(|entry| !modules.iter().any(|m| m.name == entry.activations.module))
    {
        return refuse(&extra.activations.module, "it is not a module of the adapter");
    }
    let mut by_name: HashMap<String, ModuleOutputs> =
        outputs.modules.into_iter().map(|entry| (entry.activations.module.clone(), entry)).collect();
    let mut tables = Vec::with_capacity(modules.len());
    for (module, input) in modules.iter().zip(&inputs) {
        let Some(entry) = by_name.remove(&module.name) else {
            return refuse(&module.name, "it has no outputs");
        };
        if let Some(what) = difference(module, input, &entry) {
            return refuse(&module.name, what);
        }
        tables.push(entry.y);
    }
    progress.stage("recomputing the activations id");
    let tokens = inputs.first().map_or(0, |entry| entry.tokens);
    let witness = Witness { adapter: shapes.adapter.clone(), activations: inputs, outputs: tables };
    let (opening, _) = commit_run(&shapes.config, &witness, &shapes.layout, salt).map_err(Error::Prover)?;
    let maxima = shapes.config.maxima();
    let id = opening.preimage.id(
        shapes.config.inner_digest(),
        shapes.layout.digest(maxima),
        opening.inputs_layout.digest(maxima),
    );
    let halo2_activations_id = public.halo2_adapter_id.is_some().then(|| halo2::activations_id(&witness, &salt));
    Ok(Report {
        adapter_id: print_element(&shapes.adapter_id),
        activations_id: print_element(&id),
        halo2_activations_id: halo2_activations_id.transpose()?,
        halo2_adapter_id: public.halo2_adapter_id,
        modules: witness.adapter.modules.len(),
        tokens,
    })
}

/// What the outputs of a module have different from the client's input or the adapter's scales.
fn difference(module: &QuantizedModule, input: &QuantizedActivations, entry: &ModuleOutputs) -> Option<&'static str> {
    let same_bits = |a: &[f64], b: &[f64]| a.iter().map(|v| v.to_bits()).eq(b.iter().map(|v| v.to_bits()));
    if entry.activations.tokens != input.tokens {
        return Some("its outputs have another number of tokens than the activations (use --tokens to take the first)");
    }
    if entry.activations.x != input.x || !same_bits(&entry.activations.token_scale, &input.token_scale) {
        return Some("`.x_int` or `.token_scale` is not what quantizing the activations gives");
    }
    if !same_bits(&entry.out_scale, &module.out_scale) {
        return Some("`.out_scale` is not that of the public adapter file");
    }
    if entry.y.len() != input.tokens.saturating_mul(module.out_features) {
        return Some("`.y` does not have one entry for each token and output");
    }
    None
}
