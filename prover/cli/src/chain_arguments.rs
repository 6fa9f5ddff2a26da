//! What people may type to talk to a chain.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// The node of whoever names none.
const LOCAL_NODE: &str = "http://127.0.0.1:8545";

/// Which node, who signs, and how. The private key is read from the environment variable RANKPROOF_PRIVATE_KEY.
#[derive(Args, Debug)]
pub struct Access {
    /// The node: http://HOST:PORT or https://HOST/PATH.
    #[arg(long, default_value = LOCAL_NODE, value_name = "URL")]
    pub rpc_url: String,
    /// An encrypted key file; without it the key is read from RANKPROOF_PRIVATE_KEY.
    #[arg(long, value_name = "FILE", requires = "password_file")]
    pub keystore: Option<PathBuf>,
    /// A file whose first line is the password of the key file.
    #[arg(long, value_name = "FILE", requires = "keystore")]
    pub password_file: Option<PathBuf>,
    /// Most gwei per gas that is ever offered, base fee included.
    #[arg(long, value_name = "GWEI", default_value = "200")]
    pub max_fee_gwei: String,
    /// Most gwei per gas that is ever offered to the proposer of the block.
    #[arg(long, value_name = "GWEI", default_value = "10")]
    pub max_priority_fee_gwei: String,
    /// Blocks that must stand on a transaction, its own included [default: 1 on chain 31337, else 3].
    #[arg(long, value_name = "N")]
    pub confirmations: Option<u64>,
    /// Seconds after which a transaction that no block takes is replaced, with higher fees.
    #[arg(long, value_name = "SECONDS", default_value = "90")]
    pub replace_after: u64,
    /// Seconds after which nothing is waited for any more; the same command goes on later.
    #[arg(long, value_name = "SECONDS", default_value = "900")]
    pub timeout: u64,
    /// Folder of signed transactions under way, which lets a killed command go on.
    #[arg(long, value_name = "DIR", default_value = ".rankproof/pending")]
    pub journal: PathBuf,
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
    /// Guardian and timelock, as in script/chains; required off chain 31337.
    #[arg(long, value_name = "FILE.toml")]
    pub config: Option<PathBuf>,
    /// Folder of the verifier that `export --compile` made; without it, that of the committed key.
    #[arg(long, value_name = "DIR")]
    pub artifacts: Option<PathBuf>,
    /// A seal that the verifier must accept before anything is sent, instead of the one in the configuration.
    #[arg(long, value_name = "SEAL.json")]
    pub known_seal: Option<PathBuf>,
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

/// Commands about contexts.
#[derive(Debug, Subcommand)]
pub enum Context {
    /// Prints the context in which OWNER proves an adapter to register it.
    Register(ContextRegister),
}

/// Arguments of `context register`.
#[derive(Args, Debug)]
pub struct ContextRegister {
    /// Id of the chain.
    #[arg(long, value_name = "N")]
    pub chain_id: u64,
    /// Address of the registry.
    #[arg(long, value_name = "ADDRESS")]
    pub registry: String,
    /// The owner that the entry will have.
    #[arg(long, value_name = "ADDRESS")]
    pub owner: String,
}

/// Arguments of `register`.
#[derive(Args, Debug)]
pub struct Register {
    /// Which node, and who signs: the owner.
    #[command(flatten)]
    pub access: Access,
    /// A seal of one statement, proven with --register-on.
    #[arg(value_name = "SEAL.json")]
    pub seal: PathBuf,
    /// Address of the registry.
    #[arg(long, value_name = "ADDRESS")]
    pub registry: String,
    /// Digest of the base model, as you claim it: `rankproof base-digest` prints it.
    #[arg(long, value_name = "HEX", default_value = "0")]
    pub base_model: String,
    /// Where you say more about the adapter.
    #[arg(long, value_name = "URI", default_value = "")]
    pub metadata_uri: String,
}

/// Arguments of `transfer`.
#[derive(Args, Debug)]
pub struct Transfer {
    /// Which node, and who signs: the owner.
    #[command(flatten)]
    pub access: Access,
    /// Address of the registry.
    #[arg(long, value_name = "ADDRESS")]
    pub registry: String,
    /// The adapter id.
    #[arg(long, value_name = "HEX")]
    pub adapter_id: String,
    /// The next owner.
    #[arg(long, value_name = "ADDRESS")]
    pub to: String,
}

/// Arguments of `revoke`.
#[derive(Args, Debug)]
pub struct Revoke {
    /// Which node, and who signs: the owner.
    #[command(flatten)]
    pub access: Access,
    /// Address of the registry.
    #[arg(long, value_name = "ADDRESS")]
    pub registry: String,
    /// The adapter id.
    #[arg(long, value_name = "HEX")]
    pub adapter_id: String,
}

/// Arguments of `status`.
#[derive(Args, Debug)]
pub struct Status {
    /// The node.
    #[arg(long, default_value = LOCAL_NODE, value_name = "URL")]
    pub rpc_url: String,
    /// Address of the registry.
    #[arg(long, value_name = "ADDRESS")]
    pub registry: String,
    /// Asks for the statements of a seal; without a seal or an adapter id, for everything.
    #[arg(value_name = "SEAL.json", conflicts_with = "adapter_id")]
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
    /// First block that is read for everything: that of the registry's deployment.
    #[arg(long, value_name = "N", default_value = "0")]
    pub from_block: u64,
    /// Folder of keys that a verifier behind the registry must hold; without it, no key is compared.
    #[arg(long, value_name = "DIR")]
    pub keys: Option<PathBuf>,
}

/// Arguments of `watch`.
#[derive(Args, Debug)]
pub struct Watch {
    /// The node.
    #[arg(long, default_value = LOCAL_NODE, value_name = "URL")]
    pub rpc_url: String,
    /// Address of the registry.
    #[arg(long, value_name = "ADDRESS")]
    pub registry: String,
    /// First block that is read: that of the registry's deployment.
    #[arg(long, value_name = "N", default_value = "0")]
    pub from_block: u64,
    /// Ends when this block was read.
    #[arg(long, value_name = "N")]
    pub until_block: Option<u64>,
    /// Ends when as many events stand.
    #[arg(long, value_name = "N")]
    pub count: Option<usize>,
    /// Milliseconds between two looks at the chain.
    #[arg(long, value_name = "N", default_value = "1000")]
    pub poll_ms: u64,
}
