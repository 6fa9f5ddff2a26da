//! Every field of every file that is not a proof or a key, changed and malformed, with what must be said about it. The
//! lists of fields come from the types: of JSON from what serialization writes, of tensor files from their header, of
//! binary files from structures that are taken apart without `..`. A field without a row fails.
//!
//! Some fields are taken as declared: no reader could know better. They still have to be well formed, and where an id binds
//! them, another value is another id. Proofs, seals and keys have theirs in `groth16-seal/tests/{manifest,seals}.rs`,
//! `groth16-seal/src/keys/tests.rs` and `lora-halo2/tests/fields.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rankproof_groth16_seal::SealJson;
use rankproof_hostile_input::honest::honest;
use rankproof_lora_proof::{F, Profile};
use rankproof_pipeline::Quiet;
use rankproof_pipeline::adapter_file::{AdapterFile, Fault};
use rankproof_pipeline::digest::{Request, digest};
use rankproof_pipeline::public_adapter::PublicAdapter;
use rankproof_pipeline::seal::read_seal;
use rankproof_statement::digest::sha256;
use rankproof_statement::{Error as StatementError, QuantizedAdapter, QuantizedModule, WeightBits};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The names of all fields of a structure.
macro_rules! fields {
    ($value:expr, $type:ident { $($field:ident),* $(,)? }) => {{
        let $type { $($field: _),* } = $value;
        [$(stringify!($field)),*]
    }};
}

/// What must come of a change.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// Refused, for this reason.
    Refused(Fault),
    /// Accepted as another adapter: the id is another one.
    OtherId,
    /// Accepted, and the id is the same: nobody relies on the field.
    SameId,
}

/// What comes of an adapter file with the right length and digest around it.
fn judged(file: &AdapterFile) -> Outcome {
    let id = |file: AdapterFile| file.open().expect("it was read").id();
    let honest = AdapterFile::from_bytes(&honest().adapter_file).expect("honest");
    match AdapterFile::from_bytes(&file.to_bytes()) {
        Err(fault) => Outcome::Refused(fault),
        Ok(read) if id(read.clone()) == id(honest) => Outcome::SameId,
        Ok(_) => Outcome::OtherId,
    }
}

#[test]
fn private_adapter_file() {
    type Change = fn(&mut AdapterFile);
    let honest_file = AdapterFile::from_bytes(&honest().adapter_file).expect("honest");
    let module = || "layer.1.query".to_owned();
    let refused = Outcome::Refused;
    let statement = |error| Outcome::Refused(Fault::Statement(error));
    let wide =
        |table| statement(StatementError::WeightOutOfRange { module: module(), table, index: 0, value: 8, bits: 4 });
    let scale = || statement(StatementError::BadScale { module: module(), table: "out_scale", index: 0 });
    let leaves = |profile: Profile| 1u64 << profile.config().rounds[0].log_leaves;
    let (tiny, small) = (leaves(Profile::Tiny), leaves(Profile::Small));
    let rows: [(&str, Change, Outcome); 24] = [
        ("profile", |f| f.profile = Profile::Small, refused(Fault::LeafCount { expected: small, actual: tiny })),
        ("source_digest", |f| f.source_digest[0] ^= 1, Outcome::SameId),
        ("bits", |f| f.adapter.bits = WeightBits::Eight, Outcome::OtherId),
        ("base_model_digest", |f| f.adapter.base_model_digest[0] ^= 1, Outcome::OtherId),
        ("salt", |f| f.salt += F::from(1u64), Outcome::OtherId),
        ("salt", |f| f.salt = F::from(0u64), Outcome::OtherId),
        ("modules", |f| f.adapter.modules.swap(0, 1), refused(Fault::ModuleOrder)),
        ("modules", |f| f.adapter.modules.clear(), statement(StatementError::NoModules)),
        ("name", |f| f.adapter.modules[0].name.replace_range(..1, "m"), Outcome::OtherId),
        ("in_features", |f| f.adapter.modules[0].in_features = u32::MAX as usize, refused(Fault::Truncated)),
        ("out_features", |f| f.adapter.modules[0].out_features = u32::MAX as usize, refused(Fault::Truncated)),
        ("rank", |f| f.adapter.modules[0].rank = u32::MAX as usize, refused(Fault::Truncated)),
        ("lora_a", |f| f.adapter.modules[0].lora_a[0] = 8, wide("lora_a")),
        ("lora_a", |f| f.adapter.modules[0].lora_a[0] ^= 1, Outcome::OtherId),
        ("lora_b", |f| f.adapter.modules[0].lora_b[0] = 8, wide("lora_b")),
        ("out_scale", |f| f.adapter.modules[0].out_scale[0] = f64::NAN, scale()),
        ("out_scale", |f| f.adapter.modules[0].out_scale[0] = -1.0, scale()),
        ("out_scale", |f| f.adapter.modules[0].out_scale[0] *= 2.0, Outcome::OtherId),
        ("quantization_errors", |f| f.quantization_errors[0] += 1.0, Outcome::SameId),
        ("levels", |f| _ = f.levels[0].pop(), refused(Fault::LeafCount { expected: tiny, actual: tiny - 1 })),
        // A cache: wrong digests give proofs that are refused, a wrong cap another root.
        ("levels", |f| f.levels[0][0] += F::from(1u64), Outcome::SameId),
        ("levels", |f| f.levels.last_mut().expect("a cap")[0] += F::from(1u64), Outcome::OtherId),
        ("levels", |f| f.levels.truncate(1), Outcome::SameId),
        ("levels", |f| f.levels.truncate(2), refused(Fault::Truncated)),
    ];
    let structures = [
        fields!(
            honest_file.clone(),
            AdapterFile { profile, source_digest, adapter, quantization_errors, salt, levels }
        )
        .to_vec(),
        fields!(honest_file.adapter.clone(), QuantizedAdapter { bits, modules, base_model_digest }).to_vec(),
        fields!(
            honest_file.adapter.modules[0].clone(),
            QuantizedModule { name, in_features, out_features, rank, lora_a, lora_b, out_scale }
        )
        .to_vec(),
    ];
    // `adapter` is the second structure.
    let fields: BTreeSet<&str> = structures.into_iter().flatten().filter(|field| *field != "adapter").collect();
    assert_eq!(fields, rows.iter().map(|(field, ..)| *field).collect(), "every field has a row");
    assert_eq!(judged(&honest_file), Outcome::SameId, "the honest twin");
    for (number, (field, change, expected)) in rows.iter().enumerate() {
        let mut file = honest_file.clone();
        change(&mut file);
        assert_eq!(judged(&file), *expected, "row {number}, {field}");
    }
    // What stands around the fields.
    let bytes = honest().adapter_file.clone();
    let refusal = |bytes: &[u8]| AdapterFile::from_bytes(bytes).expect_err("changed");
    let at = |position: usize, value: u8| {
        let mut changed = bytes.clone();
        changed[position] = value;
        refusal(&changed)
    };
    assert_eq!(at(0, b'X'), Fault::WrongMagic);
    assert_eq!(at(5, 3), Fault::VersionMismatch { expected: 2, actual: 3 });
    assert_eq!(at(6, 1), Fault::Truncated, "a length beyond the file");
    assert_eq!(at(20, bytes[20] ^ 1), Fault::DigestMismatch, "the inner digest");
    assert_eq!(at(bytes.len() - 1, bytes[bytes.len() - 1] ^ 1), Fault::DigestMismatch, "the digest itself");
    assert_eq!(refusal(&bytes[..bytes.len() - 1]), Fault::Truncated);
    assert_eq!(refusal(&[&bytes[..], &[0]].concat()), Fault::TrailingBytes(1));
    // Inside the body, with length and digest made right.
    let signed = |body: &[u8]| {
        let head = [&bytes[..6], &(body.len() as u64).to_be_bytes(), body].concat();
        let digest = sha256(&head);
        refusal(&[&head[..], &digest].concat())
    };
    let body = &bytes[14..bytes.len() - 32];
    assert_eq!(signed(&[body, &[0]].concat()), Fault::TrailingBytes(1));
    let mut other = body.to_vec();
    other[5] ^= 1;
    assert_eq!(signed(&other), Fault::ConfigMismatch);
    println!("assurance: changes of {} fields of an adapter file = {}", fields.len(), rows.len() + 9);
}

/// Where a leaf of a JSON document is: keys, and `0` for the first entry of a list.
type Place = Vec<String>;

/// All leaves; of lists the first entry, since all are alike.
fn leaves(value: &Value, place: &Place, found: &mut Vec<Place>) {
    let deeper = |key: &str| [place.as_slice(), &[key.to_owned()]].concat();
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, field)| leaves(field, &deeper(key), found)),
        Value::Array(entries) if !entries.is_empty() => leaves(&entries[0], &deeper("0"), found),
        _ => found.push(place.clone()),
    }
}

fn pointer(place: &[String]) -> String {
    place.iter().map(|key| format!("/{key}")).collect()
}

/// The document with one leaf replaced.
fn with(document: &Value, place: &Place, value: Value) -> Value {
    let mut changed = document.clone();
    *changed.pointer_mut(&pointer(place)).expect("a leaf") = value;
    changed
}

/// The document with one leaf missing, if its parent is no list.
fn without(document: &Value, place: &Place) -> Option<Value> {
    let mut changed = document.clone();
    let (key, parent) = place.split_last()?;
    changed.pointer_mut(&pointer(parent))?.as_object_mut()?.remove(key)?;
    Some(changed)
}

/// The document with one more field beside a leaf.
fn beside(document: &Value, place: &Place) -> Option<Value> {
    let mut changed = document.clone();
    let (_, parent) = place.split_last()?;
    changed.pointer_mut(&pointer(parent))?.as_object_mut()?.insert("more".to_owned(), json!(1));
    Some(changed)
}

/// Another value of one leaf, and a part of the refusal; `Ok` for what is taken as declared.
type JsonRow = (&'static str, Value, Result<(), &'static str>);

/// Tries every leaf of a document: missing, null, with a stranger beside it, and as the rows say.
fn json_manifest(document: &Value, rows: &[JsonRow], read: &dyn Fn(&Value) -> Result<(), String>) -> usize {
    let mut found = Vec::new();
    leaves(document, &Vec::new(), &mut found);
    let named: BTreeSet<String> = found.iter().map(|place| place.join(".")).collect();
    let in_rows: BTreeSet<String> = rows.iter().map(|(field, ..)| (*field).to_owned()).collect();
    assert_eq!(named, in_rows, "every field has a row");
    assert_eq!(read(document), Ok(()), "the honest twin");
    let mut tried = 0;
    let mut judge = |what: String, changed: &Value, expected: Result<(), &str>| {
        tried += 1;
        match (read(changed), expected) {
            (Ok(()), Ok(())) => {}
            (Err(refusal), Err(part)) => assert!(refusal.contains(part), "{what}: `{refusal}` without `{part}`"),
            (actual, expected) => panic!("{what}: {actual:?}, expected {expected:?}"),
        }
    };
    for place in &found {
        let name = place.join(".");
        judge(format!("{name} null"), &with(document, place, Value::Null), Err("invalid type: null"));
        if let Some(changed) = without(document, place) {
            judge(format!("{name} missing"), &changed, Err("missing field"));
        }
        if let Some(changed) = beside(document, place) {
            judge(format!("beside {name}"), &changed, Err("unknown field `more`"));
        }
    }
    for (field, value, expected) in rows {
        let place: Place = field.split('.').map(str::to_owned).collect();
        judge(format!("{field} = {value}"), &with(document, &place, value.clone()), *expected);
    }
    tried
}

/// A reader of files as a reader of documents.
fn from_file<T, E: std::fmt::Display>(
    folder: &TempDir,
    read: impl Fn(&Path) -> Result<T, E>,
) -> impl Fn(&Value) -> Result<(), String> {
    let path = folder.path().join("file.json");
    move |document| {
        std::fs::write(&path, document.to_string()).expect("writable");
        read(&path).map(drop).map_err(|error| error.to_string())
    }
}

#[test]
fn public_adapter_file() {
    let document: Value = serde_json::from_slice(&honest().public_adapter).expect("JSON");
    let one = json!(format!("0x{:064x}", 1));
    let manifest = Err("`manifest_digest` is not that of the modules");
    let logs = Err("`log_in` or `log_out` of a module is not its padded size");
    let range = Err("`rank` or `in_features` is out of range");
    let rows: [JsonRow; 32] = [
        ("format", json!("rankproof.adapter.v2"), Err("`format` is not rankproof.adapter.v1")),
        ("adapter_id", json!("0xg"), Err("adapter_id")),
        ("adapter_id", json!(format!("0x{}", "f".repeat(64))), Err("adapter_id")),
        ("adapter_id", one.clone(), Ok(())),
        ("halo2_adapter_id", json!(""), Err("halo2_adapter_id")),
        ("halo2_adapter_id", json!(format!("0x0{:064x}", 1)), Err("halo2_adapter_id")),
        ("halo2_adapter_id", one.clone(), Ok(())),
        ("profile", json!("huge"), Err("`profile` names no profile of this build")),
        ("profile", json!("small"), Err("`inner_digest` is another configuration of the profile")),
        ("inner_digest", one.clone(), Err("`inner_digest` is another configuration of the profile")),
        ("bits", json!(5), Err("`bits` is neither 4 nor 8")),
        ("bits", json!(-4), Err("invalid value")),
        // Another width is another layout, hence another activations id.
        ("bits", json!(8), Ok(())),
        ("base_model_digest", json!("0x"), Err("base_model_digest")),
        ("base_model_digest", one.clone(), Ok(())),
        ("manifest_digest", one, manifest),
        ("modules.0.name", json!("layer.2.query"), manifest),
        ("modules.0.in_features", json!(0), range),
        ("modules.0.in_features", json!(1 << 15), range),
        ("modules.0.in_features", json!(3), manifest),
        ("modules.0.out_features", json!(2), Err("`out_scale` needs one entry")),
        ("modules.0.rank", json!(0), range),
        ("modules.0.rank", json!(129), range),
        ("modules.0.rank", json!(1), manifest),
        ("modules.0.log_in", json!(3), logs),
        ("modules.0.log_out", json!(3), logs),
        ("modules.0.quantization_error", json!("0.1"), Err("invalid type: string")),
        ("modules.0.quantization_error", json!(0.5), Ok(())),
        ("modules.0.out_scale.0", json!(0.0), Err("an `out_scale` is not a positive finite number")),
        ("modules.0.out_scale.0", json!(-1.0), Err("an `out_scale` is not a positive finite number")),
        ("modules.0.out_scale.0", json!("1"), Err("invalid type: string")),
        ("modules.0.out_scale.0", json!(123.0), manifest),
    ];
    let folder = TempDir::new().expect("a folder");
    let read = from_file(&folder, PublicAdapter::read);
    let tried = json_manifest(&document, &rows, &read);
    let mut swapped = document.clone();
    swapped["modules"].as_array_mut().expect("a list").swap(0, 1);
    assert!(read(&swapped).is_err_and(|refusal| refusal.contains("`modules` are not in slot order")));
    let fields: BTreeSet<&str> = rows.iter().map(|(field, ..)| *field).collect();
    println!("assurance: changes of {} fields of a public adapter file = {tried}", fields.len());
}

#[test]
fn seal_file() {
    let document: Value = serde_json::from_slice(&honest().seal_json).expect("JSON");
    let SealJson { profile, seal, .. } = serde_json::from_value(document.clone()).expect("a seal");
    assert_eq!(profile, "small");
    let one = json!(format!("0x{:064x}", 1));
    let contradiction = Err("its fields contradict each other");
    let beyond = json!(format!("0x{}", "f".repeat(64)));
    let rows: [JsonRow; 20] = [
        // A name: keys are found by it, and the selector decides.
        ("profile", json!("other"), Ok(())),
        ("slots", json!(0), Err("number of slots")),
        ("slots", json!(65), Err("number of slots")),
        ("slots", json!(2), contradiction),
        ("selector", json!("0x00000000"), contradiction),
        ("selector", json!(""), contradiction),
        ("root", one.clone(), contradiction),
        ("challenge", one.clone(), contradiction),
        ("evaluation", one.clone(), contradiction),
        ("seal", json!(seal.replacen("0x", "", 1)), Err("does not start with 0x")),
        ("seal", json!(format!("{seal}00")), Err("bytes follow the last point")),
        ("seal", json!(&seal[..seal.len() - 2]), Err("too short")),
        ("seal", json!(seal.to_uppercase().replacen("0X", "0x", 1)), contradiction),
        ("statements.0.adapter", one.clone(), contradiction),
        ("statements.0.adapter", beyond.clone(), Err("not below r")),
        ("statements.0.activations", one.clone(), contradiction),
        ("statements.0.activations", beyond.clone(), Err("not below r")),
        ("statements.0.context", one, contradiction),
        ("statements.0.context", beyond, Err("not below r")),
        ("statements.0.context", json!("0x01"), Err("not 32 bytes")),
    ];
    let folder = TempDir::new().expect("a folder");
    let tried = json_manifest(&document, &rows, &from_file(&folder, read_seal));
    let fields: BTreeSet<&str> = rows.iter().map(|(field, ..)| *field).collect();
    println!("assurance: changes of {} fields of a seal file = {tried}", fields.len());
}

/// A tensor file: its header, and the data behind it.
struct Tensors(serde_json::Map<String, Value>, Vec<u8>);

impl Tensors {
    fn read(bytes: &[u8]) -> Self {
        let (length, rest) = bytes.split_first_chunk::<8>().expect("a header");
        let (header, data) = rest.split_at(usize::try_from(u64::from_le_bytes(*length)).expect("small"));
        Self(serde_json::from_slice(header).expect("JSON"), data.to_vec())
    }

    fn names(&self) -> Vec<String> {
        self.0.keys().filter(|name| *name != "__metadata__").cloned().collect()
    }

    fn bytes(&self) -> Vec<u8> {
        let header = Value::Object(self.0.clone()).to_string();
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &self.1].concat()
    }

    /// Changes the last byte but one of a tensor: of a float that is a digit, of an integer its value.
    fn touch(&mut self, name: &str) {
        let end = self.0[name]["data_offsets"][1].as_u64().expect("a number");
        let width = if name.ends_with("salt") { 1 } else { 2 };
        self.1[usize::try_from(end).expect("small") - width] ^= 1;
    }
}

/// What a client says to outputs: the activations id that it recomputes, or the refusal.
fn recomputed(folder: &Path, outputs: &[u8]) -> Result<String, String> {
    let write = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, bytes).expect("writable");
        path
    };
    let request = Request {
        adapter: write("adapter.json", &honest().public_adapter),
        activations: write("activations", &honest().activations),
        outputs: write("outputs", outputs),
        tokens: None,
    };
    digest(&request, &Quiet).map(|report| report.activations_id).map_err(|error| error.to_string())
}

#[test]
fn outputs_file() {
    let folder = TempDir::new().expect("a folder");
    let id = recomputed(folder.path(), &honest().outputs).expect("honest");
    let honest_file = || Tensors::read(&honest().outputs);
    // Suffix of the tensor, refusal when its numbers change; `None` when they are taken as given: another id.
    let rows: BTreeMap<&str, Option<&str>> = BTreeMap::from([
        ("activations_salt", None),
        ("delta", Some("is not out_scale * token_scale * y")),
        ("x_int", Some("is not what quantizing the activations gives")),
        ("y", Some("is not out_scale * token_scale * y")),
        ("out_scale", Some("is not out_scale * token_scale * y")),
        ("token_scale", Some("is not out_scale * token_scale * y")),
    ]);
    let suffix = |name: &str| name.rsplit('.').next().expect("a name").to_owned();
    let found: BTreeSet<String> = honest_file().names().iter().map(|name| suffix(name)).collect();
    assert_eq!(found, rows.keys().map(|row| (*row).to_owned()).collect(), "every tensor has a row");
    let mut tried = 0;
    for name in honest_file().names() {
        let mut changed = honest_file();
        changed.touch(&name);
        let outcome = recomputed(folder.path(), &changed.bytes());
        match rows[suffix(&name).as_str()] {
            Some(part) => {
                let refusal = outcome.expect_err(&name);
                assert!(refusal.contains(part), "{name}: `{refusal}` without `{part}`");
            }
            None => assert_ne!(outcome.expect(&name), id, "{name}"),
        }
        // Another name, another type, another shape.
        type Edit = fn(&mut serde_json::Map<String, Value>, &str);
        let edits: [Edit; 3] = [
            |header, name| {
                let tensor = header.remove(name).expect("a tensor");
                header.insert(format!("{name}s"), tensor);
            },
            |header, name| header[name]["dtype"] = json!("BOOL"),
            |header, name| header[name]["shape"] = json!([1, 1, 1]),
        ];
        for edit in edits {
            let mut changed = honest_file();
            edit(&mut changed.0, &name);
            let refusal = recomputed(folder.path(), &changed.bytes()).expect_err(&name);
            assert!(refusal.contains(&name) || refusal.contains("outputs"), "{name}: `{refusal}` names nothing");
            tried += 1;
        }
        tried += 1;
    }
    println!("assurance: changes of {} kinds of tensors of an outputs file = {tried}", rows.len());
}
