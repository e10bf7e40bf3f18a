//! How people sign in to the service: `serve.toml`, and the files and the variable that go with it.
//!
//! Promises: a file that is named and is not there is an error; the client's secret comes from a file or the
//! environment and is printed nowhere.
//!
//! Not here: what the settings mean (`server`).

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use interdict_server::{OidcSettings, ServeFile};

use crate::exit::Failure;

/// The variable that may hold the client's secret.
const SECRET: &str = "INTERDICT_OIDC_CLIENT_SECRET";

/// The settings of sign-in, if there are any: of a file that is named, or of `serve.toml` in the home folder.
pub fn settings(named: Option<&Path>, home: &Path) -> Result<Option<OidcSettings>, Failure> {
    let path = named.map_or_else(|| home.join("serve.toml"), Path::to_owned);
    let place = path.display().to_string();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => return Ok(None),
        Err(error) => return Err(Failure::hint(format!("{place}: {error}"), "is it the file that --config names?")),
    };
    let wrong = |text: String| Failure::new(format!("{place}: {text}"));
    let Some(table) = ServeFile::parse(&text).map_err(wrong)?.oidc else { return Ok(None) };
    // Paths are those of the file, wherever the command is run.
    let beside = |of: &Path| path.parent().map_or_else(|| of.to_owned(), |folder| folder.join(of));
    let unread = |of: &Path, error: std::io::Error| {
        Failure::hint(format!("{}: {error}", of.display()), format!("{place} names it"))
    };
    let secret = match table.client_secret_file.as_deref().map(beside) {
        Some(of) => Some(fs::read_to_string(&of).map_err(|error| unread(&of, error))?),
        None => std::env::var(SECRET).ok(),
    };
    let authorities = match table.ca_file.as_deref().map(beside) {
        Some(of) => Some(fs::read(&of).map_err(|error| unread(&of, error))?),
        None => None,
    };
    table.settings(secret, authorities).map(Some).map_err(|text| wrong(format!("[oidc] {text}")))
}
