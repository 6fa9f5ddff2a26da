//! What people may type.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Proves that a committed LoRA adapter gave exactly these outputs from these inputs, without showing the adapter.
#[derive(Debug, Parser)]
#[command(name = "rankproof", version, about, arg_required_else_help = true)]
pub struct Cli {
    /// Prints one machine-readable object on stdout.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists modules, shapes, ranks and scaling of a PEFT adapter, and which profile holds it.
    Inspect(Inspect),
    /// Quantizes an adapter and commits to it: a private adapter file and its public side.
    Commit(Commit),
    /// Prints the digest of a base model's weights.
    BaseDigest(BaseDigest),
    /// Proves what the adapter answers to captured activations. The proof is private: publish a seal of it.
    Prove(Prove),
    /// Recomputes the activations id from tensors: what a client runs.
    Digest(Digest),
    /// Checks a LoRA proof.
    Verify(Verify),
    /// Makes and describes keys of seals.
    #[command(subcommand)]
    Keys(Keys),
    /// Compresses LoRA proofs into one seal, the only thing to publish.
    Seal(Seal),
    /// Checks a seal as the contract does.
    VerifySeal(VerifySeal),
    /// Writes the verifying key as Solidity, for exactly these keys.
    Export(Export),
    /// Deploys verifier and registry. Development keys are refused anywhere but on a local chain.
    Deploy(Deploy),
    /// Submits a seal to a registry; what is proven already is not sent again.
    Submit(Submit),
    /// Asks a registry whether statements are proven.
    Status(Status),
    /// Runs the whole job on the fixture adapter, with an anvil of its own.
    Demo(Demo),
    /// Measures every stage, as medians.
    Bench(Bench),
}

/// Arguments of `inspect`.
#[derive(Args, Debug)]
pub struct Inspect {
    /// Directory with adapter_config.json and adapter_model.safetensors.
    pub adapter_dir: PathBuf,
    /// Takes only the modules in whose name the regular expression is found.
    #[arg(long, value_name = "REGEX")]
    pub modules: Option<String>,
}

/// Width of the weights.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Bits {
    /// 4 bits.
    #[value(name = "4")]
    Four,
    /// 8 bits.
    #[value(name = "8")]
    Eight,
}

/// Arguments of `commit`.
#[derive(Args, Debug)]
pub struct Commit {
    /// Directory with adapter_config.json and adapter_model.safetensors.
    pub adapter_dir: PathBuf,
    /// The private adapter file; its public side is FILE.json.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// What the statement must fit in: tiny or small.
    #[arg(long, default_value = "small", value_name = "NAME")]
    pub profile: String,
    /// Width of the quantized weights.
    #[arg(long, value_enum, default_value = "4")]
    pub bits: Bits,
    /// Takes only the modules in whose name the regular expression is found (anchor with ^ and $).
    #[arg(long, value_name = "REGEX")]
    pub modules: Option<String>,
    /// Digest of the base model, from `rankproof base-digest`.
    #[arg(long, value_name = "HEX")]
    pub base_digest: Option<String>,
    /// Also writes lora_a and lora_b as int8 tensors, marked private.
    #[arg(long, value_name = "FILE")]
    pub export_integers: Option<PathBuf>,
    /// Replaces existing files; the adapter id changes with its salt.
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `base-digest`.
#[derive(Args, Debug)]
pub struct BaseDigest {
    /// The base model's weights.
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
}

/// Arguments of `prove`.
#[derive(Args, Debug)]
pub struct Prove {
    /// The private adapter file.
    #[arg(long, value_name = "FILE")]
    pub adapter: PathBuf,
    /// safetensors with `<module>.x` for every committed module.
    #[arg(long, value_name = "FILE")]
    pub activations: PathBuf,
    /// What the statement is for; 0 is bound to nothing.
    #[arg(long, default_value = "0", value_name = "HEX")]
    pub context: String,
    /// Takes only the first N rows.
    #[arg(long, value_name = "N")]
    pub tokens: Option<usize>,
    /// The proof system: sumcheck (private, can be sealed) or halo2 (zero-knowledge, for a peer).
    #[arg(long, default_value = "sumcheck", value_name = "NAME")]
    pub system: String,
    /// Where the proof goes.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Where the outputs go.
    #[arg(long, value_name = "FILE")]
    pub outputs: PathBuf,
    /// Replaces existing files.
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `digest`.
#[derive(Args, Debug)]
pub struct Digest {
    /// The public adapter file.
    #[arg(long, value_name = "FILE.json")]
    pub adapter: PathBuf,
    /// The inputs.
    #[arg(long, value_name = "FILE")]
    pub activations: PathBuf,
    /// The outputs that `prove` wrote.
    #[arg(long, value_name = "FILE")]
    pub outputs: PathBuf,
    /// Takes only the first N rows of the inputs.
    #[arg(long, value_name = "N")]
    pub tokens: Option<usize>,
}

/// Arguments of `verify`.
#[derive(Args, Debug)]
pub struct Verify {
    /// The proof.
    pub proof: PathBuf,
    /// Refuses a proof about another adapter.
    #[arg(long, value_name = "HEX")]
    pub adapter_id: Option<String>,
    /// Refuses a proof about other activations.
    #[arg(long, value_name = "HEX")]
    pub activations_id: Option<String>,
    /// Refuses a proof for another context.
    #[arg(long, value_name = "HEX")]
    pub context: Option<String>,
}

/// Commands about keys.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Makes development keys from a public seed: INSECURE, anybody can forge with them.
    New(KeysNew),
    /// Says what the keys of a folder are.
    Info(KeysInfo),
}

/// Arguments of `keys new`.
#[derive(Args, Debug)]
pub struct KeysNew {
    /// tiny or small; tiny-x2, small-x4 and small-x8 seal several proofs at once.
    #[arg(long, default_value = "small", value_name = "NAME")]
    pub profile: String,
    /// The folder; .rankproof/keys/NAME without this.
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Replaces existing keys.
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `keys info`.
#[derive(Args, Debug)]
pub struct KeysInfo {
    /// The folder.
    #[arg(long, default_value = ".rankproof/keys/small", value_name = "DIR")]
    pub keys: PathBuf,
}

/// Arguments of `seal`.
#[derive(Args, Debug)]
pub struct Seal {
    /// The LoRA proofs, in the order of their statements.
    #[arg(required = true)]
    pub proofs: Vec<PathBuf>,
    /// Folder of keys.
    #[arg(long, default_value = ".rankproof/keys/small", value_name = "DIR")]
    pub keys: PathBuf,
    /// Where the seal goes.
    #[arg(short, long, value_name = "FILE.json")]
    pub output: PathBuf,
    /// Replaces an existing file.
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `verify-seal`.
#[derive(Args, Debug)]
pub struct VerifySeal {
    /// The seal.
    #[arg(value_name = "SEAL.json")]
    pub seal: PathBuf,
    /// Folder of keys.
    #[arg(long, default_value = ".rankproof/keys/small", value_name = "DIR")]
    pub keys: PathBuf,
}

/// Arguments of `export`.
#[derive(Args, Debug)]
pub struct Export {
    /// Folder of keys.
    #[arg(long, default_value = ".rankproof/keys/small", value_name = "DIR")]
    pub keys: PathBuf,
    /// Folder of the Solidity file SealVerifyingKey.sol.
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Replaces an existing file.
    #[arg(long)]
    pub force: bool,
}

/// Which node, and who signs. The private key is read from the environment variable RANKPROOF_PRIVATE_KEY.
#[derive(Args, Debug)]
pub struct Access {
    /// The node.
    #[arg(long, default_value = "http://127.0.0.1:8545", value_name = "URL")]
    pub rpc_url: String,
    /// An encrypted key file; without it the key is read from RANKPROOF_PRIVATE_KEY.
    #[arg(long, value_name = "FILE", requires = "password_file")]
    pub keystore: Option<PathBuf>,
    /// A file whose first line is the password of the key file.
    #[arg(long, value_name = "FILE", requires = "keystore")]
    pub password_file: Option<PathBuf>,
}

/// Arguments of `deploy`.
#[derive(Args, Debug)]
pub struct Deploy {
    /// Which node, and who signs.
    #[command(flatten)]
    pub access: Access,
    /// Folder of the keys that the contract must hold.
    #[arg(long, default_value = ".rankproof/keys/small", value_name = "DIR", conflicts_with = "key_digest")]
    pub keys: PathBuf,
    /// Digest of the key that the contract must hold, instead of a folder.
    #[arg(long, value_name = "HEX")]
    pub key_digest: Option<String>,
}

/// Arguments of `submit`.
#[derive(Args, Debug)]
pub struct Submit {
    /// Which node, and who signs.
    #[command(flatten)]
    pub access: Access,
    /// The seal.
    #[arg(value_name = "SEAL.json")]
    pub seal: PathBuf,
    /// Address of the registry.
    #[arg(long, value_name = "ADDRESS")]
    pub registry: String,
    /// Also records every statement of a batch alone.
    #[arg(long)]
    pub record_each: bool,
}

/// Arguments of `status`.
#[derive(Args, Debug)]
pub struct Status {
    /// The node.
    #[arg(long, default_value = "http://127.0.0.1:8545", value_name = "URL")]
    pub rpc_url: String,
    /// Address of the registry.
    #[arg(long, value_name = "ADDRESS")]
    pub registry: String,
    /// Asks for the statements of a seal.
    #[arg(value_name = "SEAL.json", required_unless_present = "adapter_id", conflicts_with = "adapter_id")]
    pub seal: Option<PathBuf>,
    /// Asks for one statement: its adapter id.
    #[arg(long, value_name = "HEX", requires = "activations_id")]
    pub adapter_id: Option<String>,
    /// Its activations id.
    #[arg(long, value_name = "HEX", requires = "adapter_id")]
    pub activations_id: Option<String>,
    /// Its context.
    #[arg(long, value_name = "HEX", default_value = "0")]
    pub context: String,
}

/// Arguments of `demo`.
#[derive(Args, Debug)]
pub struct Demo {
    /// PEFT directory with activations.safetensors beside the adapter.
    #[arg(default_value = "fixtures/minilm-qv-r8")]
    pub adapter_dir: PathBuf,
    /// Other activations.
    #[arg(long, value_name = "FILE")]
    pub activations: Option<PathBuf>,
    /// Takes only the first N rows.
    #[arg(long, value_name = "N")]
    pub tokens: Option<usize>,
    /// Takes only the modules in whose name the regular expression is found.
    #[arg(long, value_name = "REGEX")]
    pub modules: Option<String>,
    /// Width of the quantized weights.
    #[arg(long, value_enum, default_value = "4")]
    pub bits: Bits,
    /// What the statement is for; a context of the demo's own without this.
    #[arg(long, value_name = "HEX")]
    pub context: Option<String>,
    /// Folder of keys; made when there are none.
    #[arg(long, default_value = ".rankproof/keys/small", value_name = "DIR")]
    pub keys: PathBuf,
    /// Where adapter file, proof, outputs and seal go.
    #[arg(long, default_value = ".rankproof/demo", value_name = "DIR")]
    pub work: PathBuf,
}

/// Arguments of `bench`.
#[derive(Args, Debug)]
pub struct Bench {
    /// Runs of every stage.
    #[arg(long, default_value = "3", value_name = "N")]
    pub runs: usize,
    /// Folder of the fixture adapters.
    #[arg(long, default_value = "fixtures", value_name = "DIR")]
    pub fixtures: PathBuf,
    /// Folder of keys; made when there are none.
    #[arg(long, default_value = ".rankproof/keys/small", value_name = "DIR")]
    pub keys: PathBuf,
    /// Leaves the chain out: no anvil is needed, no gas is measured.
    #[arg(long)]
    pub no_chain: bool,
}
