//! Asks the provider before the service starts: whether it is the configured one, and whether it takes the client.
//!
//! Promises: nobody is signed in by it and nothing is kept; what it finds wrong names the setting.
//!
//! Not here: how that is shown (`cli`), the same questions while the service runs (`provider`).

use std::collections::BTreeMap;

use interdict_fetch::provider::Ask;
use interdict_state::Role;
use serde::Serialize;
use serde_json::Value;

use super::OidcSettings;
use super::provider::{Known, Provider, code};
use super::settings::ClientAuth;

/// A code that no provider has given.
const NO_CODE: &str = "interdict-serve-check";

/// What was found of a provider.
#[derive(Clone, Debug, Serialize)]
pub struct Examined {
    /// The provider.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// How the client shows that it is the one: `basic`, `post`, `none`.
    pub client_auth: &'static str,
    /// Where browsers sign in.
    pub authorization_endpoint: String,
    /// Where codes are given.
    pub token_endpoint: String,
    /// Where groups are asked for that no token has.
    pub userinfo_endpoint: Option<String>,
    /// Where the provider's own session ends.
    pub end_session_endpoint: Option<String>,
    /// Keys that are taken: what they are for, and what they are called.
    pub keys: Vec<String>,
    /// What the provider must know: where it sends people back to.
    pub callback: String,
    /// What the provider should know: where it says that somebody signed out.
    pub backchannel_logout: String,
    /// Scopes that are asked for.
    pub scopes: Vec<String>,
    /// The way to the claim that holds groups or roles.
    pub roles_claim: Vec<String>,
    /// What its values may do.
    pub roles: BTreeMap<String, Vec<&'static str>>,
    /// The audience of access tokens that are taken; none means that none is.
    pub audience: Option<String>,
    /// How long a session lasts.
    pub session_minutes: u64,
    /// How long a session lasts that nobody uses.
    pub idle_minutes: u64,
    /// What may not work, each with a hint.
    pub warnings: Vec<String>,
    /// What is wrong, each with a hint.
    pub errors: Vec<String>,
}

/// Asks the provider. `origin` is where browsers find the service. Blocks.
///
/// # Errors
/// When it cannot be reached or is not the configured one, with a hint.
pub fn examine(settings: &OidcSettings, origin: &str) -> Result<Examined, String> {
    settings.check()?;
    let provider = Provider::new(settings)?;
    let known = provider.read().map_err(|reason| format!("issuer: {reason}\nhint: {}", advice(settings, &reason)))?;
    let origin = settings.public_url.as_deref().unwrap_or(origin).trim_end_matches('/');
    let callback = format!("{origin}/auth/callback");
    let text = |url: &Option<url::Url>| url.as_ref().map(ToString::to_string);
    let mut found = Examined {
        issuer: settings.issuer.clone(),
        client_id: settings.client_id.clone(),
        client_auth: match (&settings.client_secret, provider.auth(&known)) {
            (None, ClientAuth::Basic | ClientAuth::Post) => "none",
            (Some(_), ClientAuth::Basic) => "basic",
            (Some(_), ClientAuth::Post) => "post",
        },
        authorization_endpoint: known.meta.authorize.to_string(),
        token_endpoint: known.meta.token.to_string(),
        userinfo_endpoint: text(&known.meta.userinfo),
        end_session_endpoint: text(&known.meta.end_session),
        keys: known.keys.named(),
        backchannel_logout: format!("{origin}/auth/backchannel-logout"),
        scopes: settings.scopes.clone(),
        roles_claim: settings.roles_claim.clone(),
        roles: settings.roles.iter().map(|(value, roles)| (value.clone(), words(roles))).collect(),
        audience: settings.audience.clone(),
        session_minutes: settings.session.as_secs() / 60,
        idle_minutes: settings.idle.as_secs() / 60,
        warnings: warnings(settings, &known),
        errors: Vec::new(),
        callback,
    };
    if let Err(error) = client(&provider, &known, &found.callback) {
        found.errors.push(error);
    }
    Ok(found)
}

fn words(roles: &[Role]) -> Vec<&'static str> {
    roles.iter().map(|role| role.word()).collect()
}

/// What helps when the provider cannot be read.
fn advice(settings: &OidcSettings, reason: &str) -> &'static str {
    if reason.contains("another issuer") {
        "write issuer exactly as the provider does, with or without the slash at its end"
    } else if reason.contains("certificate") {
        "ca_file, or --oidc-ca-file, names the certificate of the authority to trust"
    } else if !settings.allow_private && (reason.contains("private") || reason.contains("leads to")) {
        "allow_private = true, or --oidc-allow-private, allows a provider in your own network"
    } else {
        "issuer is the address before /.well-known/openid-configuration; open that in a browser"
    }
}

fn warnings(settings: &OidcSettings, known: &Known) -> Vec<String> {
    let has = |name: &str, word: &str| {
        known.meta.said.get(name).and_then(Value::as_array).map(|all| all.iter().any(|value| value == word))
    };
    let mut warnings = Vec::new();
    for scope in settings.scopes.iter().filter(|scope| has("scopes_supported", scope) == Some(false)) {
        warnings.push(format!(
            "scopes: the provider does not name `{scope}`\nhint: it may refuse the sign-in, or leave claims out"
        ));
    }
    if let Some(claim) = settings.roles_claim.first().filter(|claim| has("claims_supported", claim) == Some(false)) {
        warnings.push(format!(
            "roles_claim: the provider does not name `{claim}` among its claims\nhint: check that a token has it, else nobody gets a role"
        ));
    }
    if known.meta.said.get("backchannel_logout_supported") != Some(&Value::Bool(true)) {
        warnings.push(
            "the provider does not say that it tells of sign-outs\nhint: sessions end by themselves, or with `interdict sessions end`"
                .to_owned(),
        );
    }
    warnings
}

/// Whether the provider takes the client: it is given a code that is none, and must complain of that alone.
fn client(provider: &Provider, known: &Known, callback: &str) -> Result<(), String> {
    let (form, authorization) = provider.form(known, NO_CODE, &NO_CODE.repeat(3), callback);
    let ask = Ask { url: &known.meta.token, form: Some(&form), authorization: authorization.as_deref() };
    let said = provider.client.ask(&ask).map_err(|error| {
        format!("token_endpoint: {}\nhint: sign-in needs it; is it open from this machine?", error.reason())
    })?;
    let answer = serde_json::from_slice::<Value>(&said.body).unwrap_or_default();
    match code(answer.get("error").and_then(Value::as_str).unwrap_or("-")) {
        "invalid_grant" => Ok(()),
        "invalid_client" | "unauthorized_client" => Err(format!(
            "client_id, client_secret: the provider does not take the client ({})\nhint: check both, and client_auth: it may want the \
             secret in the form (\"post\") or in a header (\"basic\")",
            said.status
        )),
        other => Err(format!(
            "client_id, public_url: the provider answers {} `{other}` where it should complain of the code\nhint: does it know the client, \
             and {callback}?",
            said.status
        )),
    }
}
