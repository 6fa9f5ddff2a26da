//! Parameters and keys of a circuit, and where they are kept.
//!
//! Parameters are `2^(k+1)` points hashed from nothing (no ceremony). They are kept in a cache folder, one file for
//! each `k`. Soundness rests on them, and the folder may have come from anybody: a file is used only if it is the one that
//! [`pinned_parameters`] names, and made again otherwise. Keys follow from shape, plan and parameters alone;
//! `halo2_proofs` 0.4 has no encoding for them, so they are made anew by each process and kept in memory by whoever
//! holds [`Keys`]. The cache records the circuit digest of each shape, so that a changed program is noticed before
//! anything is proved; a record can only refuse, since proofs are compared with the digest that was just made. The
//! digest covers all gates, columns, fixed and permutation commitments of the verifying key; the parameters enter
//! through those commitments.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use halo2_proofs::pasta::EqAffine;
use halo2_proofs::plonk::{ProvingKey, VerifyingKey, keygen_pk, keygen_vk};
use halo2_proofs::poly::commitment::Params;
use sha2::{Digest, Sha256};

use crate::circuit::LoraCircuit;
use crate::pinned::pinned_parameters;
use crate::plan::{Columns, MAXIMUM_K, Plan};
use crate::{Error, Shape};

/// Runs an expression with a circuit type: `LoraCircuit` with the engines and chips of a [`Columns`].
macro_rules! with_circuit {
    ($columns:expr, $name:ident => $body:expr) => {
        with_circuit!($columns, $name => $body; E1C1 E1C2 E1C3 E2C2 E2C4 E4C1)
    };
    ($columns:expr, $name:ident => $body:expr; $($choice:ident)*) => {
        match $columns {
            $(Columns::$choice => {
                type $name = LoraCircuit<{ Columns::$choice.engines() }, { Columns::$choice.chips() }>;
                $body
            })*
        }
    };
}
pub(crate) use with_circuit;

/// What a verifier of one shape needs.
#[derive(Debug)]
pub struct VerifierKeys {
    pub(crate) params: Arc<Params<EqAffine>>,
    pub(crate) key: VerifyingKey<EqAffine>,
    /// Plan of the shape.
    pub plan: Plan,
    /// SHA-256 of the pinned verifying key.
    pub circuit_digest: [u8; 32],
}

/// What a prover of one shape needs.
#[derive(Debug)]
pub struct Keys {
    /// Public shape.
    pub shape: Arc<Shape>,
    pub(crate) key: ProvingKey<EqAffine>,
    /// The verifier's part.
    pub verifier: VerifierKeys,
}

/// Where parameters are kept; without a folder they are made anew.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    folder: Option<PathBuf>,
}

fn halo2(step: &'static str) -> impl Fn(halo2_proofs::plonk::Error) -> Error {
    move |error| Error::Halo2 { step, reason: error.to_string() }
}

impl Cache {
    /// A cache in a folder, which is created on first use.
    pub fn at(folder: &Path) -> Self {
        Self { folder: Some(folder.to_owned()) }
    }

    /// No cache.
    pub fn none() -> Self {
        Self::default()
    }

    fn params_path(&self, k: u32) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(format!("vesta-k{k}.params")))
    }

    fn circuit_path(&self, shape: &Shape) -> Option<PathBuf> {
        let digest = hex(&shape.run_digest());
        self.folder.as_ref().map(|folder| folder.join(format!("shape-{digest}.circuit")))
    }

    /// The parameters of circuits with `2^k` rows, from the folder when it has them; a file that is not the pinned one
    /// is replaced.
    ///
    /// # Errors
    /// When the circuit is larger than any plan, the folder cannot be written, or what is made is not what is pinned.
    pub fn params(&self, k: u32) -> Result<Arc<Params<EqAffine>>, Error> {
        if k > MAXIMUM_K {
            return Err(Error::TooManyRows { rows: 1 << k.min(60), maximum_k: MAXIMUM_K });
        }
        let (Some(path), Some(pinned)) = (self.params_path(k), pinned_parameters(k)) else {
            return Ok(Arc::new(Params::new(k)));
        };
        let refuse =
            |step: &'static str, reason: String| Error::Cache { step, path: path.display().to_string(), reason };
        let kept = read_file(&path, pinned.length).ok().filter(|bytes| pinned.is(bytes));
        if let Some(bytes) = kept {
            let params = Params::read(&mut bytes.as_slice()).map_err(|error| refuse("read", error.to_string()))?;
            return Ok(Arc::new(params));
        }
        let params = Params::new(k);
        let mut bytes = Vec::new();
        params.write(&mut bytes).map_err(|error| refuse("write", error.to_string()))?;
        if !pinned.is(&bytes) {
            return Err(refuse("make", "the generators are not those that this version names".to_owned()));
        }
        write_whole(&path, &bytes).map_err(|error| refuse("write", error.to_string()))?;
        Ok(Arc::new(params))
    }

    fn check_circuit(&self, shape: &Shape, digest: &[u8; 32]) -> Result<(), Error> {
        let Some(path) = self.circuit_path(shape) else { return Ok(()) };
        let refuse =
            |step: &'static str, reason: String| Error::Cache { step, path: path.display().to_string(), reason };
        match read_file(&path, 32) {
            Ok(known) if known == digest => Ok(()),
            Ok(_) => Err(refuse("use", "the circuit of this shape was another one when it was written".to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                write_whole(&path, digest).map_err(|error| refuse("write", error.to_string()))
            }
            Err(error) => Err(refuse("read", error.to_string())),
        }
    }
}

/// Hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a file of at most `length` bytes and one more, which tells a longer one; a pipe would be waited for.
fn read_file(path: &Path, length: u64) -> std::io::Result<Vec<u8>> {
    if !path.metadata()?.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(length.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes under a temporary name and renames, so that no half file is found under the final one. Whatever has the
/// temporary name is removed first: a link there would be written through.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    drop(std::fs::remove_file(&temporary));
    let mut file = std::fs::File::create_new(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}

/// The pinned description of a verifying key, hashed.
fn circuit_digest(key: &VerifyingKey<EqAffine>) -> [u8; 32] {
    Sha256::digest(format!("rankproof.halo2.circuit.v1\n{:?}", key.pinned())).into()
}

impl VerifierKeys {
    /// The verifying key of a shape.
    ///
    /// # Errors
    /// When the shape does not fit the planner, or the cache is damaged.
    pub fn new(shape: &Shape, cache: &Cache) -> Result<Self, Error> {
        let plan = Plan::new(shape)?;
        let params = cache.params(plan.k)?;
        let shape = Arc::new(shape.clone());
        let key = with_circuit!(plan.columns, C => keygen_vk(&*params, &C::new(Arc::clone(&shape), None)))
            .map_err(halo2("make the verifying key"))?;
        let circuit_digest = circuit_digest(&key);
        cache.check_circuit(&shape, &circuit_digest)?;
        Ok(Self { params, key, plan, circuit_digest })
    }
}

impl Keys {
    /// The keys of a shape; `allowed_memory` in bytes is what proving may take.
    ///
    /// # Errors
    /// Those of [`VerifierKeys::new`], and [`Error::OutOfMemory`] before any work.
    pub fn new(shape: &Shape, cache: &Cache, allowed_memory: u64) -> Result<Self, Error> {
        Plan::new(shape)?.check_memory(allowed_memory)?;
        Self::with_verifier(shape, VerifierKeys::new(shape, cache)?)
    }

    /// The keys of a shape whose verifying key is made already.
    ///
    /// # Errors
    /// What halo2 reports, for instance that the verifying key is one of another shape.
    pub fn with_verifier(shape: &Shape, verifier: VerifierKeys) -> Result<Self, Error> {
        let shape = Arc::new(shape.clone());
        let circuit = Arc::clone(&shape);
        let key = with_circuit!(verifier.plan.columns, C => {
            keygen_pk(&*verifier.params, verifier.key.clone(), &C::new(circuit, None))
        })
        .map_err(halo2("make the proving key"))?;
        Ok(Self { shape, key, verifier })
    }
}
