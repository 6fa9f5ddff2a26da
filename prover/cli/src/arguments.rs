//! What people may type.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::ceremony::Ceremony;
use crate::chain_arguments::{Context, Deploy, Register, Revoke, Status, Submit, Transfer, Watch};
use crate::profiles;

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
    /// Checks a LoRA proof of either system.
    Verify(Verify),
    /// Makes and describes keys of seals.
    #[command(subcommand)]
    Keys(Keys),
    /// Makes keys that nobody can forge with, in files that snarkjs reads.
    #[command(subcommand)]
    Ceremony(Ceremony),
    /// Compresses LoRA proofs into one seal, the only thing to publish.
    Seal(Seal),
    /// Checks a seal as the contract does.
    VerifySeal(VerifySeal),
    /// Writes the verifying key as Solidity, for exactly these keys, and compiles the verifier that holds it.
    Export(Export),
    /// Deploys verifier, stop, timelock, router and registry. Development keys are refused off a local chain.
    Deploy(Deploy),
    /// Submits a seal to a registry; what is proven already is not sent again.
    Submit(Submit),
    /// Prints the context that a statement must have to be used in a certain way.
    #[command(subcommand)]
    Context(Context),
    /// Registers the adapter of a seal, which was proven with --register-on for the account that signs.
    Register(Register),
    /// Hands a registered adapter to another owner.
    Transfer(Transfer),
    /// Marks a registered adapter as revoked, for ever.
    Revoke(Revoke),
    /// Asks a registry whether statements are proven, or rebuilds all that it knows from its events.
    Status(Status),
    /// Prints the events of a registry as they come.
    Watch(Watch),
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
    /// What the statement must fit in.
    #[arg(long, default_value = "small", value_name = "NAME", help = profiles::of_proofs())]
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
    /// Takes no more memory than this: bytes, or a number with KiB, MiB or GiB (2GiB). Refused before any work if it is
    /// too little.
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,
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
    /// The private adapter file: once for all runs, or with profile small-a4 once for each.
    #[arg(long, value_name = "FILE", required = true)]
    pub adapter: Vec<PathBuf>,
    /// safetensors with `<module>.x` for every committed module; several times with profiles small-s8 and small-a4, once
    /// for each run.
    #[arg(long, value_name = "FILE", required = true)]
    pub activations: Vec<PathBuf>,
    /// What the statement is for; 0, which is bound to nothing, without this. Once for all runs, or once for each.
    #[arg(long, value_name = "HEX")]
    pub context: Vec<String>,
    /// Proves in order to register the adapter: whoever has the seal can make OWNER its owner in this registry.
    #[arg(long, value_name = "CHAIN_ID:REGISTRY:OWNER", conflicts_with = "context")]
    pub register_on: Option<String>,
    /// Takes only the first N rows.
    #[arg(long, value_name = "N")]
    pub tokens: Option<usize>,
    /// The proof system: sumcheck (private, can be sealed) or halo2 (zero-knowledge, for a peer).
    #[arg(long, default_value = "sumcheck", value_name = "NAME")]
    pub system: String,
    /// Where the proof goes.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Where the outputs go, once for each run.
    #[arg(long, value_name = "FILE", required = true)]
    pub outputs: Vec<PathBuf>,
    /// Compresses the proof with gzip (halo2 only); `verify` reads both forms.
    #[arg(long)]
    pub gzip: bool,
    /// Also writes the proof as JSON, to look at (halo2 only).
    #[arg(long, value_name = "FILE.json")]
    pub export_json: Option<PathBuf>,
    /// Takes no more memory than this: bytes, or a number with KiB, MiB or GiB (2GiB). Refused before any work if it is
    /// too little (sumcheck only).
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,
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
    /// Makes again whatever the keys can be made from, and compares; says what could not be checked.
    Verify(KeysVerify),
    /// Writes the verifying key, a seal and the proving key in the files of snarkjs.
    Export(KeysExport),
    /// Reads a .zkey as keys of a profile: development keys, since nothing shows where it comes from.
    Import(KeysImport),
}

/// Arguments of `keys new`.
#[derive(Args, Debug)]
pub struct KeysNew {
    /// What the keys are for.
    #[arg(long, default_value = "small", value_name = "NAME", help = profiles::of_keys())]
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

/// Arguments of `keys verify`.
#[derive(Args, Debug)]
pub struct KeysVerify {
    /// The folder.
    #[arg(long, default_value = ".rankproof/keys/small", value_name = "DIR")]
    pub keys: PathBuf,
    /// The last key of the ceremony that the keys come from.
    #[arg(long, value_name = "FILE.zkey", requires = "ptau")]
    pub zkey: Option<PathBuf>,
    /// The powers of tau of that ceremony.
    #[arg(long, value_name = "FILE.ptau", requires = "zkey")]
    pub ptau: Option<PathBuf>,
    /// The first key of that ceremony; without it, it is computed again.
    #[arg(long, value_name = "FILE.zkey", requires = "zkey")]
    pub initial: Option<PathBuf>,
}

/// Arguments of `keys export`.
#[derive(Args, Debug)]
pub struct KeysExport {
    /// Folder of keys.
    #[arg(long, default_value = ".rankproof/keys/small", value_name = "DIR")]
    pub keys: PathBuf,
    /// A seal made with them: also writes proof.json and public.json.
    #[arg(long, value_name = "SEAL.json")]
    pub seal: Option<PathBuf>,
    /// Also writes proving.zkey, for other provers.
    #[arg(long)]
    pub zkey: bool,
    /// Where the files go.
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Replaces existing files.
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `keys import`.
#[derive(Args, Debug)]
pub struct KeysImport {
    /// The key.
    #[arg(value_name = "FILE.zkey")]
    pub zkey: PathBuf,
    /// What the keys are for.
    #[arg(long, default_value = "small", value_name = "NAME", help = profiles::of_keys())]
    pub profile: String,
    /// The folder; .rankproof/keys/NAME without this.
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Replaces existing keys.
    #[arg(long)]
    pub force: bool,
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
    /// Folder of keys. Whoever made these keys is trusted: do not take them from the archive that has the seal.
    #[arg(long, default_value = ".rankproof/keys/small", value_name = "DIR")]
    pub keys: PathBuf,
    /// Digest that the key must have, as a verifier on chain or `keys info` says it.
    #[arg(long, value_name = "HEX")]
    pub key_digest: Option<String>,
}

/// Arguments of `export`.
#[derive(Args, Debug)]
pub struct Export {
    /// Folder of keys.
    #[arg(long, default_value = ".rankproof/keys/small", value_name = "DIR")]
    pub keys: PathBuf,
    /// Folder of the Solidity file SealVerifyingKey.sol, and of the compiled SealVerifier.json.
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Also compiles the verifier of these keys, for `deploy --artifacts`.
    #[arg(long)]
    pub compile: bool,
    /// The compiler; without it, the solc of the right version on PATH, or the one of the project.
    #[arg(long, value_name = "FILE", requires = "compile")]
    pub solc: Option<PathBuf>,
    /// Replaces an existing file.
    #[arg(long)]
    pub force: bool,
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
