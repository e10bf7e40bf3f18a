//! Manifests of yente: which catalogues and data sets a list service loads, and where their files are.
//!
//! Promises: what came over the network names no file of this computer and no variable of its environment unless that is
//! allowed; names are given once; a collection does not hold itself; a token is never printed.
//!
//! Not here: fetching manifests and catalogues, reading entities (`lists`), delta files (`deltas`).

mod collections;
mod plan;
mod spec;
mod token;

pub use collections::Held;
pub use plan::{Collection, Dataset, Plan, plan};
pub use spec::{CatalogSpec, Manifest, Spec, catalogue, manifest};
pub use token::{Secret, expand};

use std::path::{Path, PathBuf};

use url::Url;

/// The largest manifest or catalogue in bytes; that of OpenSanctions has some 10 MB.
pub const LARGEST: u64 = 64 << 20;

/// Most data sets that a manifest and its catalogues may name together; OpenSanctions has some 600.
pub const MOST_DATASETS: usize = 20_000;

/// What is wrong with a manifest or catalogue, and the remedy.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{reason}\nhint: {hint}")]
pub struct ManifestError {
    /// What.
    pub reason: String,
    /// The remedy.
    pub hint: String,
}

impl ManifestError {
    fn new(reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { reason: reason.into(), hint: hint.into() }
    }
}

/// Where a manifest or catalogue came from, which says what it may name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A file of this computer: the operator's own.
    File(PathBuf),
    /// An address.
    Network {
        /// Where it was found.
        url: Url,
        /// It may name files of this computer all the same.
        may_name_files: bool,
    },
}

impl Origin {
    /// The address that a text of it leads to. Files are addresses too, as `file:` ones.
    ///
    /// # Errors
    /// When it is no address, of another scheme, or of a file where none may be named.
    pub fn address(&self, text: &str) -> Result<Url, ManifestError> {
        let url = match (self, Url::parse(text)) {
            (_, Ok(url)) => url,
            (Self::Network { url, .. }, Err(url::ParseError::RelativeUrlWithoutBase)) => url
                .join(text)
                .map_err(|error| ManifestError::new(format!("`{text}` is no address: {error}"), "correct it"))?,
            (Self::File(_), Err(url::ParseError::RelativeUrlWithoutBase)) => return self.file(text),
            (_, Err(error)) => {
                return Err(ManifestError::new(format!("`{text}` is no address: {error}"), "correct it"));
            }
        };
        match url.scheme() {
            "https" | "http" if url.has_host() => Ok(url),
            "file" => match url.to_file_path() {
                Ok(path) => self.file(&path.to_string_lossy()),
                Err(()) => Err(ManifestError::new(
                    format!("`{text}` is of another computer"),
                    "write file:///path/of/the/file, with three slashes",
                )),
            },
            other => Err(ManifestError::new(format!("`{other}` is no way to fetch a file"), "https is")),
        }
    }

    /// The address of a file, looked for beside the manifest if its path is not whole.
    ///
    /// # Errors
    /// When no file may be named.
    pub fn file(&self, path: &str) -> Result<Url, ManifestError> {
        let folder = match self {
            Self::File(own) => own.parent().unwrap_or(Path::new("")).to_owned(),
            Self::Network { may_name_files: true, .. } => PathBuf::new(),
            Self::Network { may_name_files: false, .. } => {
                return Err(ManifestError::new(
                    format!("what came over the network names a file of this computer, `{path}`"),
                    "--allow-files allows it; a manifest in a file may name files",
                ));
            }
        };
        let whole = std::path::absolute(folder.join(path))
            .map_err(|error| ManifestError::new(format!("`{path}` is no path: {error}"), "correct it"))?;
        Url::from_file_path(&whole)
            .map_err(|()| ManifestError::new(format!("`{path}` is no path"), "write the whole path"))
    }

    /// Whether a secret that was meant for this place may go to an address.
    pub fn trusts(&self, with: &Url) -> bool {
        match self {
            Self::File(_) => false,
            Self::Network { url, .. } => url.origin() == with.origin(),
        }
    }
}

#[cfg(test)]
mod tests;
