//! From arguments to one call of the pipeline, for the commands that talk to a chain.

use std::io::Write as _;
use std::time::Duration;

use rankproof_pipeline::chain::{
    self, Account, DeployRequest, ExpectedKey, FeeCaps, Question, Sending, WatchRequest, Watched, parse_address,
    parse_gwei,
};
use rankproof_pipeline::prove::Registration;
use rankproof_pipeline::words::{parse_bytes, parse_element};
use rankproof_pipeline::{Error, Progress};
use serde_json::{Value, json};

use crate::chain_arguments::{
    Access, Context, ContextRegister, Deploy, Register, Revoke, Status, Submit, Transfer, Watch,
};
use crate::run::report;
use crate::show;

/// Where a private key may be, besides a keystore.
const PRIVATE_KEY_VARIABLE: &str = "RANKPROOF_PRIVATE_KEY";

fn access(arguments: &Access) -> Result<chain::Access, Error> {
    let account = match (&arguments.keystore, &arguments.password_file) {
        (Some(keystore), Some(password)) => Account::Keystore(keystore.clone(), chain::read_password(password)?),
        _ => match std::env::var(PRIVATE_KEY_VARIABLE) {
            Ok(key) => Account::PrivateKey(key),
            Err(_) => {
                return Err(Error::BadArgument {
                    argument: "--keystore",
                    reason: format!("it is not given, and {PRIVATE_KEY_VARIABLE} is not set"),
                    remedy: "give one of them, so that the transaction can be signed",
                });
            }
        },
    };
    let sending = Sending {
        fees: FeeCaps {
            max_fee: parse_gwei("--max-fee-gwei", &arguments.max_fee_gwei)?,
            max_priority_fee: parse_gwei("--max-priority-fee-gwei", &arguments.max_priority_fee_gwei)?,
        },
        confirmations: arguments.confirmations,
        replace_after: Duration::from_secs(arguments.replace_after),
        give_up_after: Duration::from_secs(arguments.timeout),
        journal: Some(arguments.journal.clone()),
    };
    Ok(chain::Access { rpc_url: arguments.rpc_url.clone(), account, sending })
}

/// `deploy`
pub fn deploy(arguments: &Deploy, progress: &dyn Progress) -> Result<Value, Error> {
    let request = DeployRequest {
        key: match &arguments.key_digest {
            Some(text) => ExpectedKey::Digest(parse_bytes("--key-digest", text)?),
            None => ExpectedKey::Folder(arguments.keys.clone()),
        },
        config: arguments.config.clone(),
        artifacts: arguments.artifacts.clone(),
        known_seal: arguments.known_seal.clone(),
    };
    report(&chain::deploy(&access(&arguments.access)?, &request, progress)?)
}

/// `submit`
pub fn submit(arguments: &Submit, progress: &dyn Progress) -> Result<Value, Error> {
    let registry = parse_address("--registry", &arguments.registry)?;
    let access = access(&arguments.access)?;
    report(&chain::submit(&access, registry, &arguments.seal, arguments.record_each, progress)?)
}

/// `context`
pub fn context(Context::Register(arguments): &Context) -> Result<Value, Error> {
    let ContextRegister { chain_id, registry, owner } = arguments;
    let registration = Registration {
        chain_id: *chain_id,
        registry: parse_address("--registry", registry)?.into_array(),
        owner: parse_address("--owner", owner)?.into_array(),
    };
    report(&chain::registration_context(&registration))
}

/// The argument of `prove --register-on`.
pub fn registration(text: &str) -> Result<Registration, Error> {
    let bad = || Error::BadArgument {
        argument: "--register-on",
        reason: "it is no registration".to_owned(),
        remedy: "give CHAIN_ID:REGISTRY:OWNER, a number and two addresses",
    };
    let [chain_id, registry, owner] = text.split(':').collect::<Vec<_>>().try_into().map_err(|_| bad())?;
    Ok(Registration {
        chain_id: chain_id.parse().map_err(|_| bad())?,
        registry: parse_address("--register-on", registry)?.into_array(),
        owner: parse_address("--register-on", owner)?.into_array(),
    })
}

/// `register`
pub fn register(arguments: &Register, progress: &dyn Progress) -> Result<Value, Error> {
    let registry = parse_address("--registry", &arguments.registry)?;
    let base_model = parse_bytes("--base-model", &arguments.base_model)?;
    let access = access(&arguments.access)?;
    report(&chain::register(&access, registry, &arguments.seal, base_model, &arguments.metadata_uri, progress)?)
}

/// `transfer`
pub fn transfer(arguments: &Transfer, progress: &dyn Progress) -> Result<Value, Error> {
    let registry = parse_address("--registry", &arguments.registry)?;
    let adapter = parse_element("--adapter-id", &arguments.adapter_id)?;
    let to = parse_address("--to", &arguments.to)?;
    report(&chain::transfer(&access(&arguments.access)?, registry, &adapter, to, progress)?)
}

/// `revoke`
pub fn revoke(arguments: &Revoke, progress: &dyn Progress) -> Result<Value, Error> {
    let registry = parse_address("--registry", &arguments.registry)?;
    let adapter = parse_element("--adapter-id", &arguments.adapter_id)?;
    report(&chain::revoke(&access(&arguments.access)?, registry, &adapter, progress)?)
}

/// `status`
pub fn status(arguments: &Status, progress: &dyn Progress) -> Result<Value, Error> {
    let registry = parse_address("--registry", &arguments.registry)?;
    let access = chain::Access::to_read(&arguments.rpc_url);
    let keys = arguments.keys.as_deref();
    let question = match (&arguments.seal, &arguments.adapter_id, &arguments.activations_id) {
        (_, Some(adapter_id), Some(activations_id)) => Question::Statement {
            adapter_id: parse_element("--adapter-id", adapter_id)?,
            activations_id: parse_element("--activations-id", activations_id)?,
            context: parse_element("--context", &arguments.context)?,
        },
        (Some(seal), _, _) => Question::Seal(seal.clone()),
        _ => return report(&chain::registry_status(&access, registry, arguments.from_block, keys, progress)?),
    };
    report(&chain::status(&access, registry, &question, keys)?)
}

/// `watch`: events go out as they come, the state they make at the end.
pub fn watch(arguments: &Watch, json: bool) -> Result<Value, Error> {
    let request = WatchRequest {
        registry: parse_address("--registry", &arguments.registry)?,
        from_block: arguments.from_block,
        until_block: arguments.until_block,
        count: arguments.count,
        poll: Duration::from_millis(arguments.poll_ms),
    };
    let mut print = |event: &Watched| {
        let event = serde_json::to_value(event).unwrap_or_default();
        let text = if json { show::json(&event) } else { show::line(&event) };
        let mut stdout = std::io::stdout().lock();
        drop(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()));
    };
    let state = report(&chain::watch(&chain::Access::to_read(&arguments.rpc_url), &request, &mut print)?)?;
    let mut last = json!({ "event": "state" });
    if let (Some(last), Value::Object(state)) = (last.as_object_mut(), state) {
        last.extend(state);
    }
    Ok(last)
}
