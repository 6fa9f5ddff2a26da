//! An anvil of one's own, for demonstrations and tests.

use std::env;
use std::path::{Path, PathBuf};

use alloy::node_bindings::{Anvil, AnvilInstance};

use crate::{Error, Signer};

/// A running anvil on a free port, with funded accounts. It ends when this value is dropped.
#[derive(Debug)]
pub struct LocalNode(AnvilInstance);

impl LocalNode {
    /// Starts the anvil of `node_modules/.bin` in the working directory or above it, else the one on `PATH`.
    ///
    /// # Errors
    /// [`Error::AnvilMissing`], [`Error::AnvilFailed`].
    pub fn spawn() -> Result<Self, Error> {
        let directory = env::current_dir().unwrap_or_default();
        let search_path = env::var_os("PATH").unwrap_or_default();
        let installed = directory.ancestors().map(|above| above.join("node_modules/.bin"));
        let program = installed
            .chain(env::split_paths(&search_path))
            .map(|place| place.join("anvil"))
            .find(|program| program.is_file())
            .ok_or_else(|| Error::AnvilMissing { directory: directory.clone() })?;
        Self::spawn_at(&program)
    }

    /// Starts this anvil.
    ///
    /// # Errors
    /// [`Error::AnvilFailed`].
    pub fn spawn_at(program: &Path) -> Result<Self, Error> {
        let failed = |reason: String| Error::AnvilFailed { path: PathBuf::from(program), reason };
        Anvil::at(program)
            .args(["--hardfork", "osaka"])
            .try_spawn()
            .map(Self)
            .map_err(|source| failed(source.to_string()))
    }

    /// Where it listens.
    pub fn rpc_url(&self) -> String {
        self.0.endpoint()
    }

    /// One of its funded accounts; the keys are public, and worth nothing elsewhere.
    pub fn signer(&self, index: usize) -> Option<Signer> {
        self.0.nth_key(index).map(|key| Signer(key.clone().into()))
    }
}
