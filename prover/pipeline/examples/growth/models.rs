//! Shapes of real models: the linear modules of one layer, how often the layer comes, and what PEFT calls them.
//!
//! From the models' `config.json`: `hidden_size`, `intermediate_size`, `num_hidden_layers`, `num_attention_heads`,
//! `num_key_value_heads` (for GPT-2 `n_embd`, `n_layer`; its inner size is four times `n_embd`).

use serde::{Deserialize, Serialize};

/// One linear module of a layer.
#[derive(Clone, Copy, Debug)]
pub struct Linear {
    /// Its name within the layer.
    pub name: &'static str,
    /// Columns of `lora_a`.
    pub in_features: usize,
    /// Rows of `lora_b`.
    pub out_features: usize,
    /// What it reads: modules of a layer with the same name here share their input.
    pub reads: &'static str,
    /// Whether it is one of the query and value projections.
    pub is_query_or_value: bool,
}

const fn linear(name: &'static str, in_features: usize, out_features: usize, reads: &'static str) -> Linear {
    Linear { name, in_features, out_features, reads, is_query_or_value: false }
}

const fn query_or_value(linear: Linear) -> Linear {
    Linear { is_query_or_value: true, ..linear }
}

/// A model, as far as an adapter sees it.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// What users type.
    pub name: &'static str,
    /// What the adapter's configuration names.
    pub base_model: &'static str,
    /// What stands before the number of a layer in a module's name.
    pub prefix: &'static str,
    /// Layers.
    pub layers: usize,
    /// The linear modules of a layer.
    pub linears: &'static [Linear],
}

/// Those that are measured.
pub const MODELS: [Model; 4] = [
    // hidden_size 384, intermediate_size 1536, num_hidden_layers 6.
    Model {
        name: "minilm",
        base_model: "sentence-transformers/all-MiniLM-L6-v2",
        prefix: "encoder.layer",
        layers: 6,
        linears: &[
            query_or_value(linear("attention.self.query", 384, 384, "hidden")),
            linear("attention.self.key", 384, 384, "hidden"),
            query_or_value(linear("attention.self.value", 384, 384, "hidden")),
            linear("attention.output.dense", 384, 384, "attention"),
            linear("intermediate.dense", 384, 1536, "normed"),
            linear("output.dense", 1536, 384, "inner"),
        ],
    },
    // n_embd 768, n_layer 6; query, key and value are one module.
    Model {
        name: "distilgpt2",
        base_model: "distilbert/distilgpt2",
        prefix: "transformer.h",
        layers: 6,
        linears: &[
            query_or_value(linear("attn.c_attn", 768, 2304, "hidden")),
            linear("attn.c_proj", 768, 768, "attention"),
            linear("mlp.c_fc", 768, 3072, "normed"),
            linear("mlp.c_proj", 3072, 768, "inner"),
        ],
    },
    // hidden_size 2048, intermediate_size 8192, num_hidden_layers 16, 32 heads of 64, 8 of them for keys and values.
    Model {
        name: "llama-3.2-1b",
        base_model: "meta-llama/Llama-3.2-1B",
        prefix: "model.layers",
        layers: 16,
        linears: &[
            query_or_value(linear("self_attn.q_proj", 2048, 2048, "hidden")),
            linear("self_attn.k_proj", 2048, 512, "hidden"),
            query_or_value(linear("self_attn.v_proj", 2048, 512, "hidden")),
            linear("self_attn.o_proj", 2048, 2048, "attention"),
            linear("mlp.gate_proj", 2048, 8192, "normed"),
            linear("mlp.up_proj", 2048, 8192, "normed"),
            linear("mlp.down_proj", 8192, 2048, "inner"),
        ],
    },
    // hidden_size 4096, intermediate_size 14336, num_hidden_layers 32, 32 heads of 128, 8 of them for keys and values.
    Model {
        name: "llama-3.1-8b",
        base_model: "meta-llama/Llama-3.1-8B",
        prefix: "model.layers",
        layers: 32,
        linears: &[
            query_or_value(linear("self_attn.q_proj", 4096, 4096, "hidden")),
            linear("self_attn.k_proj", 4096, 1024, "hidden"),
            query_or_value(linear("self_attn.v_proj", 4096, 1024, "hidden")),
            linear("self_attn.o_proj", 4096, 4096, "attention"),
            linear("mlp.gate_proj", 4096, 14336, "normed"),
            linear("mlp.up_proj", 4096, 14336, "normed"),
            linear("mlp.down_proj", 14336, 4096, "inner"),
        ],
    },
];

/// Which modules of a model an adapter has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// Query and value projections.
    #[serde(rename = "q,v")]
    QueryValue,
    /// All linear modules.
    #[serde(rename = "all linear")]
    AllLinear,
}

/// One module of an adapter.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its name in the base model.
    pub name: String,
    /// Columns of `lora_a`.
    pub in_features: usize,
    /// Rows of `lora_b`.
    pub out_features: usize,
    /// Names its input; modules with the same one share it.
    pub reads: String,
}

/// What an adapter looks like.
#[derive(Clone, Debug)]
pub struct Shape {
    /// What the adapter's configuration names.
    pub base_model: String,
    /// Rank of every module.
    pub rank: usize,
    /// The modules.
    pub modules: Vec<Module>,
}

impl Shape {
    /// An adapter of a model.
    pub fn of_model(model: &Model, target: Target, rank: usize) -> Self {
        let mut modules = Vec::new();
        for layer in 0..model.layers {
            for linear in model.linears {
                if target == Target::AllLinear || linear.is_query_or_value {
                    modules.push(Module {
                        name: format!("{}.{layer}.{}", model.prefix, linear.name),
                        in_features: linear.in_features,
                        out_features: linear.out_features,
                        reads: format!("{layer}.{}", linear.reads),
                    });
                }
            }
        }
        Self { base_model: model.base_model.to_owned(), rank, modules }
    }

    /// Sixteen square modules whose weights fill `2^log_size` exactly; `log_size` from 10 on.
    pub fn of_size(log_size: usize) -> Self {
        const LOG_MODULES: usize = 4;
        // Half as fast as the features, from rank 4 up: 2^14 weights are 128 features of rank 4.
        let log_rank = (log_size / 3).saturating_sub(2).max(1);
        let features = 1usize << (log_size - 1 - LOG_MODULES - log_rank);
        let modules = (0..1 << LOG_MODULES).map(|index| Module {
            name: format!("layers.{index}.proj"),
            in_features: features,
            out_features: features,
            reads: index.to_string(),
        });
        Self { base_model: "synthetic".to_owned(), rank: 1 << log_rank, modules: modules.collect() }
    }

    /// Numbers in all `lora_a` and `lora_b`.
    pub fn weights(&self) -> usize {
        self.modules.iter().map(|module| self.rank * (module.in_features + module.out_features)).sum()
    }
}
