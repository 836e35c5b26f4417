//! Where the programs are that everything here runs.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

/// The folder of the whole repository.
///
/// # Errors
/// When this program was moved away from where it was built and is not run inside the repository either.
pub fn repository() -> Result<PathBuf> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let here = env::current_dir()?;
    let is_ours = |folder: &&Path| folder.join("scripts/Deploy.s.sol").is_file();
    let found = std::iter::once(built.as_path()).chain(here.ancestors()).find(is_ours);
    Ok(fs::canonicalize(found.context("not inside the Quittance repository")?)?)
}

/// A program of the pinned Solidity toolchain: the native one, because the npm wrapper always exits with 0.
///
/// # Errors
/// When it is not installed.
pub fn foundry(name: &str) -> Result<PathBuf> {
    let path = repository()?.join(".bin").join(name);
    ensure!(path.exists(), "{name} is not installed: run scripts/setup");
    Ok(path)
}

/// The program `quittance`: `QUITTANCE_BIN`, or the one built in the same profile as this program.
///
/// # Errors
/// When it is not built.
#[expect(clippy::disallowed_methods, reason = "which binary is under test is not a node's configuration")]
pub fn quittance() -> Result<PathBuf> {
    if let Ok(path) = env::var("QUITTANCE_BIN") {
        return fs::canonicalize(&path).with_context(|| format!("QUITTANCE_BIN={path}"));
    }
    built("quittance")?.context("the program quittance is not built: cargo build -p quittance-node")
}

/// A program built in the same profile as this one, if it was.
///
/// # Errors
/// When the system does not say which program this is.
pub fn built(name: &str) -> Result<Option<PathBuf>> {
    let this = env::current_exe()?;
    let beside = this.ancestors().skip(1).take(2).map(|folder| folder.join(name));
    Ok(beside.into_iter().find(|path| path.is_file()))
}

/// A folder for what is made while running, outside of what is tracked: `target/stories/NAME`.
///
/// # Errors
/// When it cannot be made.
pub fn scratch(name: &str) -> Result<PathBuf> {
    let folder = repository()?.join("target/stories").join(name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}
