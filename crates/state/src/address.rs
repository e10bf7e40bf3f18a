//! The address of a PostgreSQL database, with what it says of TLS, as the programs of PostgreSQL read it.
//!
//! `sslmode` is `disable`, `prefer` (as when nothing is said), `require`, `verify-ca` or `verify-full`; `sslrootcert`
//! names a file of authorities, or `system`; `sslcert` and `sslkey` a certificate of one's own; `passfile` a file of passwords.
//!
//! Promises: an address that asks for verification is never taken for one that does not; a password is shown nowhere.
//!
//! Not here: connecting (`postgres`), verifying (`encryption`).

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::encryption::{Authorities, Belief, Own, client};
use crate::{StateError, passfile};

/// A database, and how it is reached.
pub(crate) struct Address {
    pub(crate) config: Config,
    pub(crate) tls: MakeRustlsConnect,
}

/// What an address says of TLS.
#[derive(Default)]
struct Said {
    passfile: Option<PathBuf>,
    mode: Option<String>,
    root: Option<String>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
}

fn refused(reason: &str, hint: &str) -> StateError {
    StateError::Refused { reason: format!("the database's address: {reason}"), hint: hint.to_owned() }
}

/// Whether an address holds a password; one that cannot be read may.
pub fn has_password(address: &str) -> bool {
    let read = split(address).ok().and_then(|(rest, _)| rest.parse::<Config>().ok());
    let may = || {
        let who = address.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).map(|(who, _)| who);
        address.contains("password") || who.is_some_and(|who| who.contains(':'))
    };
    read.map_or_else(may, |config| config.get_password().is_some())
}

impl Address {
    pub(crate) fn parse(address: &str) -> Result<Self, StateError> {
        let (rest, said) = split(address)?;
        let (mode, belief) = said.belief()?;
        let config = rest.parse::<Config>().map_err(|error| {
            let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
            refused(
                &format!("{error}{source}"),
                "write postgresql://USER@HOST/DATABASE?sslmode=verify-full&sslrootcert=FILE",
            )
        });
        let mut config = config?;
        config.ssl_mode(mode);
        if config.get_application_name().is_none() {
            config.application_name("interdict");
        }
        if config.get_password().is_none()
            && let Some(password) = passfile::password(said.passfile.as_deref(), &config)?
        {
            config.password(password);
        }
        let own = match (said.cert, said.key) {
            (Some(cert), Some(key)) => Some(Own { cert, key }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                return Err(refused("`sslcert` and `sslkey` belong together", "give both or neither"));
            }
        };
        Ok(Self { config, tls: MakeRustlsConnect::new(client(&belief, own.as_ref())?) })
    }
}

/// Takes what is said of TLS out of an address, since the client knows other words for it.
fn split(address: &str) -> Result<(String, Said), StateError> {
    let mut said = Said::default();
    let is_url = ["postgresql://", "postgres://"].iter().any(|scheme| address.starts_with(scheme));
    if !is_url {
        // `host=… sslmode=…`: understood as far as the client does, but verification is not to be lost on the way.
        let asks = ["verify-", "sslrootcert", "sslcert", "sslkey", "sslmode"].iter().any(|word| address.contains(word));
        if asks {
            return Err(refused(
                "what it says of TLS is read in an URL only",
                "write postgresql://USER@HOST/DATABASE?sslmode=verify-full&sslrootcert=FILE",
            ));
        }
        return Ok((address.to_owned(), said));
    }
    let Some((base, query)) = address.split_once('?') else { return Ok((address.to_owned(), said)) };
    let mut kept = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = percent_decode_str(value).decode_utf8();
        let value = decoded.map_err(|_| refused(&format!("`{name}` is not UTF-8"), "write other characters as %XX"))?;
        let value = value.into_owned();
        match name {
            "sslmode" => said.mode = Some(value),
            "sslrootcert" => said.root = Some(value),
            "sslcert" => said.cert = Some(PathBuf::from(value)),
            "sslkey" => said.key = Some(PathBuf::from(value)),
            "passfile" => said.passfile = Some(PathBuf::from(value)),
            _ => kept.push(pair),
        }
    }
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    Ok((format!("{base}{query}"), said))
}

impl Said {
    /// Whether there is TLS at all, and whom it believes: a file of authorities given with `require` is used, as in libpq.
    fn belief(&self) -> Result<(SslMode, Belief), StateError> {
        let authorities = self.root.as_ref().map(|root| match root.as_str() {
            "system" => Authorities::System,
            file => Authorities::File(PathBuf::from(file)),
        });
        let wanted = || {
            let hint = "give sslrootcert=FILE with the authority's certificate, or sslrootcert=system";
            authorities.clone().ok_or_else(|| refused("verification asks for an authority to believe", hint))
        };
        // Anybody may have a certificate of a public authority: with these the name is always compared.
        let chain = |authorities: Authorities| match authorities {
            Authorities::System => Belief::Host(Authorities::System),
            file @ Authorities::File(_) => Belief::Chain(file),
        };
        match self.mode.as_deref() {
            Some("disable") => Ok((SslMode::Disable, Belief::Anybody)),
            None if authorities == Some(Authorities::System) => {
                Ok((SslMode::Require, Belief::Host(Authorities::System)))
            }
            None | Some("prefer") => Ok((SslMode::Prefer, authorities.map_or(Belief::Anybody, chain))),
            Some("require") => Ok((SslMode::Require, authorities.map_or(Belief::Anybody, chain))),
            Some("verify-ca") => Ok((SslMode::Require, chain(wanted()?))),
            Some("verify-full") => Ok((SslMode::Require, Belief::Host(wanted()?))),
            Some(other) => Err(refused(
                &format!("sslmode `{other}` is not known"),
                "give disable, prefer, require, verify-ca or verify-full",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_what_the_address_says_and_never_less() {
        for (query, expected) in [
            ("", "Prefer Anybody"),
            ("?sslmode=disable", "Disable Anybody"),
            ("?sslmode=prefer", "Prefer Anybody"),
            ("?sslmode=require", "Require Anybody"),
            ("?sslmode=require&sslrootcert=/a%20b.pem", "Require Chain(File(\"/a b.pem\"))"),
            ("?connect_timeout=3&sslmode=verify-ca&sslrootcert=a", "Require Chain(File(\"a\"))"),
            ("?sslrootcert=a&sslmode=verify-full", "Require Host(File(\"a\"))"),
            ("?sslmode=verify-ca&sslrootcert=system", "Require Host(System)"),
            ("?sslmode=verify-full&sslrootcert=system", "Require Host(System)"),
            ("?sslrootcert=system", "Require Host(System)"),
        ] {
            let (rest, said) = split(&format!("postgresql://u:p@h/d{query}")).unwrap();
            let (mode, belief) = said.belief().unwrap();
            assert_eq!(format!("{mode:?} {belief:?}"), expected, "{query}");
            assert!(!rest.contains("ssl") && rest.parse::<Config>().is_ok(), "{rest}");
        }
        for bad in [
            "postgresql://u:secret@h/d?sslmode=verify-full",
            "postgresql://u:secret@h/d?sslmode=verify-ca",
            "postgresql://u:secret@h/d?sslmode=allow",
            "postgresql://u:secret@h/d?sslmode=verify_full&sslrootcert=system",
            "postgresql://u:secret@h/d?sslmode=require&sslrootcert=/nowhere.pem",
            "postgresql://u:secret@h/d?sslcert=/nowhere.pem",
            "postgresql://u:secret@h/d?secretly=1",
            "host=h password=secret sslmode=verify-full",
        ] {
            let error = Address::parse(bad).err().unwrap().to_string();
            assert!(error.contains("hint: ") && !error.contains(":secret") && !error.contains("=secret"), "{error}");
        }
    }
}
