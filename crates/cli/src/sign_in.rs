//! How people sign in to the service: `serve.toml`, arguments, and the files and variables that go with them.
//!
//! Promises: what is said in an argument or a variable counts before the file; a file that is named and is not there is an
//! error; the client's secret comes from a file or the environment, is no argument and is printed nowhere.
//!
//! Not here: what the settings mean (`server`), trying them (`trial`).

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use interdict_server::{ClientAuth, OidcSettings, OidcTable, ServeFile, Words};

use crate::exit::Failure;

/// The variable that may hold the client's secret.
const SECRET: &str = "INTERDICT_OIDC_CLIENT_SECRET";

/// Single settings of sign-in; they count before those of serve.toml.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Sign-in (docs/signing-in.md)")]
pub struct OidcArgs {
    /// Identity provider, exactly as it calls itself
    #[arg(id = "oidc-issuer", long = "oidc-issuer", value_name = "URL", env = "INTERDICT_OIDC_ISSUER")]
    issuer: Option<String>,
    /// What the provider calls this service
    #[arg(id = "oidc-client-id", long = "oidc-client-id", value_name = "ID", env = "INTERDICT_OIDC_CLIENT_ID")]
    client_id: Option<String>,
    /// File with the client's secret; INTERDICT_OIDC_CLIENT_SECRET holds it as well
    #[arg(
        id = "oidc-client-secret-file",
        long = "oidc-client-secret-file",
        value_name = "FILE",
        env = "INTERDICT_OIDC_CLIENT_SECRET_FILE"
    )]
    client_secret_file: Option<PathBuf>,
    /// How the secret is shown [default: as the provider says]
    #[arg(
        id = "oidc-client-auth",
        long = "oidc-client-auth",
        value_name = "WAY",
        value_enum,
        env = "INTERDICT_OIDC_CLIENT_AUTH"
    )]
    client_auth: Option<Shown>,
    /// Where browsers find this service, as https://screening.example [default: where it listens, on loopback]
    #[arg(id = "oidc-public-url", long = "oidc-public-url", value_name = "URL", env = "INTERDICT_OIDC_PUBLIC_URL")]
    public_url: Option<String>,
    /// Where the provider sends browsers after signing out
    #[arg(
        id = "oidc-after-logout-url",
        long = "oidc-after-logout-url",
        value_name = "URL",
        env = "INTERDICT_OIDC_AFTER_LOGOUT_URL"
    )]
    after_logout_url: Option<String>,
    /// Scopes to ask for [default: openid,profile]
    #[arg(
        id = "oidc-scopes",
        long = "oidc-scopes",
        value_name = "SCOPE",
        value_delimiter = ',',
        env = "INTERDICT_OIDC_SCOPES"
    )]
    scopes: Vec<String>,
    /// Claim that holds groups or roles; the way to it with commas, as realm_access,roles
    #[arg(
        id = "oidc-roles-claim",
        long = "oidc-roles-claim",
        value_name = "CLAIM",
        value_delimiter = ',',
        env = "INTERDICT_OIDC_ROLES_CLAIM"
    )]
    roles_claim: Vec<String>,
    /// What a value of the claim may do, as "Sanctions Analysts=analyst,viewer"; may be repeated, or several with ;
    #[arg(
        id = "oidc-role",
        long = "oidc-role",
        value_name = "VALUE=ROLE",
        value_delimiter = ';',
        env = "INTERDICT_OIDC_ROLES"
    )]
    roles: Vec<String>,
    /// Audience of access tokens that programs may bring [default: none is taken]
    #[arg(id = "oidc-audience", long = "oidc-audience", value_name = "AUDIENCE", env = "INTERDICT_OIDC_AUDIENCE")]
    audience: Option<String>,
    /// Minutes that a session lasts [default: 480]
    #[arg(
        id = "oidc-session-minutes",
        long = "oidc-session-minutes",
        value_name = "N",
        env = "INTERDICT_OIDC_SESSION_MINUTES"
    )]
    session_minutes: Option<u32>,
    /// Minutes that a session lasts which nobody uses [default: 30]
    #[arg(id = "oidc-idle-minutes", long = "oidc-idle-minutes", value_name = "N", env = "INTERDICT_OIDC_IDLE_MINUTES")]
    idle_minutes: Option<u32>,
    /// Allow a provider within your own network
    #[arg(id = "oidc-allow-private", long = "oidc-allow-private", env = "INTERDICT_OIDC_ALLOW_PRIVATE")]
    allow_private: bool,
    /// Certificates to trust at the provider, in PEM, in place of the common authorities
    #[arg(id = "oidc-ca-file", long = "oidc-ca-file", value_name = "FILE", env = "INTERDICT_OIDC_CA_FILE")]
    ca_file: Option<PathBuf>,
}

/// How the client shows its secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Shown {
    /// In a header (client_secret_basic)
    Basic,
    /// In the form (client_secret_post)
    Post,
}

impl OidcArgs {
    fn table(&self) -> Result<OidcTable, Failure> {
        let several = |words: &[String]| (!words.is_empty()).then(|| words.to_vec());
        let mut roles = BTreeMap::new();
        for text in self.roles.iter().filter(|text| !text.trim().is_empty()) {
            // Names of groups may hold =, as those of directories do; roles do not.
            let (value, given) = text.rsplit_once('=').ok_or_else(|| {
                let hint = "write it as \"Sanctions Analysts=analyst\"";
                Failure::hint(format!("--oidc-role: `{text}` gives no role"), hint)
            })?;
            let given = given.split(',').map(|role| role.trim().to_owned()).collect();
            roles.insert(value.trim().to_owned(), Words::Many(given));
        }
        Ok(OidcTable {
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            client_secret_file: self.client_secret_file.clone(),
            client_auth: self.client_auth.map(|shown| match shown {
                Shown::Basic => ClientAuth::Basic,
                Shown::Post => ClientAuth::Post,
            }),
            public_url: self.public_url.clone(),
            after_logout_url: self.after_logout_url.clone(),
            scopes: several(&self.scopes),
            roles_claim: several(&self.roles_claim).map(Words::Many),
            roles: (!roles.is_empty()).then_some(roles),
            audience: self.audience.clone(),
            session_minutes: self.session_minutes,
            idle_minutes: self.idle_minutes,
            allow_private: self.allow_private.then_some(true),
            ca_file: self.ca_file.clone(),
        })
    }
}

/// The table of a file that is named, or of `serve.toml` in the home folder, with its paths made whole; none if there is none.
fn of_file(path: &Path, is_named: bool) -> Result<Option<OidcTable>, Failure> {
    let place = path.display();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && !is_named => return Ok(None),
        Err(error) => return Err(Failure::hint(format!("{place}: {error}"), "is it the file that --config names?")),
    };
    let table = ServeFile::parse(&text).map_err(|text| Failure::new(format!("{place}: {text}")))?.oidc;
    // Paths are those of the file, wherever the command is run.
    let beside = |of: PathBuf| path.parent().map_or_else(|| of.clone(), |folder| folder.join(&of));
    Ok(table.map(|table| OidcTable {
        client_secret_file: table.client_secret_file.map(beside),
        ca_file: table.ca_file.map(beside),
        ..table
    }))
}

/// The settings of sign-in, if there are any: of arguments and variables, and of a file.
pub fn settings(args: &OidcArgs, named: Option<&Path>, home: &Path) -> Result<Option<OidcSettings>, Failure> {
    let path = named.map_or_else(|| home.join("serve.toml"), Path::to_owned);
    let said = args.table()?;
    let file = of_file(&path, named.is_some())?;
    let place = match (&file, said == OidcTable::default()) {
        (None, true) => return Ok(None),
        (None, false) => "--oidc-…".to_owned(),
        (Some(_), true) => format!("{}: [oidc]", path.display()),
        (Some(_), false) => format!("{}: [oidc], with --oidc-…:", path.display()),
    };
    let table = said.over(file.unwrap_or_default());
    let unread = |of: &Path, error: std::io::Error| {
        Failure::hint(format!("{}: {error}", of.display()), format!("{place} names it"))
    };
    let secret = match &table.client_secret_file {
        Some(of) => Some(fs::read_to_string(of).map_err(|error| unread(of, error))?),
        None => std::env::var(SECRET).ok(),
    };
    let authorities = match &table.ca_file {
        Some(of) => Some(fs::read(of).map_err(|error| unread(of, error))?),
        None => None,
    };
    table.settings(secret, authorities).map(Some).map_err(|text| Failure::new(format!("{place} {text}")))
}
