//! What a token must say before somebody is let in, and which roles it gives.
//!
//! Promises: issuer, audience, party, times and nonce are all checked, and what is missing does not count as
//! right; a role comes from the mapping that was configured and from nothing else.
//!
//! Not here: signatures (`jws`), cookies and sessions (`login`, `session`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use interdict_state::Role;
use ring::digest::{SHA256, SHA512, digest};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use super::jwk::Algorithm;
use super::provider::Verified;
use super::{OidcSettings, Refused};

/// Seconds that clocks may differ.
const LEEWAY: i64 = 60;

/// Characters of a subject: the standard's bound.
const LONGEST_SUBJECT: usize = 255;

/// How old a token of signing out may be, in seconds: shorter than it is remembered that it was taken.
const LOGOUT_WITHIN: i64 = 1800;

/// What a token of signing out says that it is.
const LOGOUT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Characters of a name that are kept.
const LONGEST_NAME: usize = 100;

/// Whom a token vouches for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Person {
    pub(super) subject: String,
    pub(super) name: String,
    pub(super) roles: Vec<Role>,
    /// What the provider calls its own session.
    pub(super) sid: Option<String>,
    /// Whether the provider says that there are groups or roles, and elsewhere.
    pub(super) too_many: bool,
}

impl Person {
    /// Takes what the provider says of the person besides its token.
    pub(super) fn learn(&mut self, more: &Map<String, Value>, of: &OidcSettings) -> Result<(), Refused> {
        if text(more, "sub") != Some(self.subject.as_str()) {
            return Err(Refused("what the provider says of the person is of another"));
        }
        if self.name.is_empty() {
            self.name = name(more);
        }
        self.roles = roles(more, of);
        self.too_many = self.too_many && self.roles.is_empty();
        Ok(())
    }
}

/// Whose sessions the provider says have ended: at least one of the two is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Gone {
    pub(super) subject: Option<String>,
    pub(super) sid: Option<String>,
    /// What the provider calls the token: it is taken once.
    pub(super) token: String,
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// A time, which may have a fraction.
fn time(claims: &Map<String, Value>, name: &'static str) -> Result<Option<i64>, Refused> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => {
            let whole = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64));
            whole.map(Some).ok_or(Refused("a time of the token is no number"))
        }
    }
}

/// For whom a token is: one or several.
fn audience(claims: &Map<String, Value>) -> Option<Vec<&str>> {
    match claims.get("aud")? {
        Value::String(one) => Some(vec![one]),
        Value::Array(several) => several.iter().map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// What holds for every token.
fn common(claims: &Map<String, Value>, of: &OidcSettings, wanted: &str, now: i64) -> Result<(), Refused> {
    if text(claims, "iss") != Some(of.issuer.as_str()) {
        return Err(Refused("the token is of another issuer"));
    }
    if !audience(claims).is_some_and(|all| all.contains(&wanted)) {
        return Err(Refused("the token is for another audience"));
    }
    let ends = time(claims, "exp")?.ok_or(Refused("the token does not say when it ends"))?;
    if ends.saturating_add(LEEWAY) <= now {
        return Err(Refused("the token has expired"));
    }
    let latest = now.saturating_add(LEEWAY);
    if time(claims, "nbf")?.is_some_and(|from| from > latest) || time(claims, "iat")?.is_some_and(|at| at > latest) {
        return Err(Refused("the token is of the future"));
    }
    Ok(())
}

/// A word of the provider's for something, within the bound of a subject; one that is no such word is refused.
fn word(claims: &Map<String, Value>, name: &str, refused: &'static str) -> Result<Option<String>, Refused> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() && text.len() <= LONGEST_SUBJECT => Ok(Some(text.clone())),
        Some(_) => Err(Refused(refused)),
    }
}

fn subject(claims: &Map<String, Value>) -> Result<String, Refused> {
    let fits = |subject: &&str| !subject.is_empty() && subject.len() <= LONGEST_SUBJECT;
    text(claims, "sub").filter(fits).map(str::to_owned).ok_or(Refused("the token does not say for whom it is"))
}

/// Checks the token of a sign-in that began at a time with a nonce.
pub(super) fn of_sign_in(
    claims: &Map<String, Value>,
    of: &OidcSettings,
    nonce: &str,
    begun_at: i64,
    now: i64,
) -> Result<Person, Refused> {
    common(claims, of, &of.client_id, now)?;
    let party = text(claims, "azp");
    let several = audience(claims).is_some_and(|all| all.len() > 1);
    if party.is_some_and(|party| party != of.client_id)
        || (several && party.is_none())
        || (claims.contains_key("azp") && party.is_none())
    {
        return Err(Refused("the token was given to another party"));
    }
    let given = text(claims, "nonce").unwrap_or_default();
    if !bool::from(given.as_bytes().ct_eq(nonce.as_bytes())) {
        return Err(Refused("the token is of another sign-in: its nonce does not fit"));
    }
    let made = time(claims, "iat")?.ok_or(Refused("the token does not say when it was made"))?;
    if made.saturating_add(LEEWAY) < begun_at {
        return Err(Refused("the token is older than the sign-in"));
    }
    let sid = word(claims, "sid", "the token names a session that is none")?;
    // Where a token has no room for a claim, its place is named (OpenID Connect Core, section 5.6.2).
    let elsewhere = claims.get("_claim_names").zip(of.roles_claim.first());
    let too_many = value(claims, of).is_none() && elsewhere.is_some_and(|(names, claim)| names.get(claim).is_some());
    Ok(Person { subject: subject(claims)?, name: name(claims), roles: roles(claims, of), sid, too_many })
}

/// Checks a token with which the provider says that somebody signed out there (Back-Channel Logout 1.0, section 2.6).
pub(super) fn of_logout(
    claims: &Map<String, Value>,
    kind: Option<&str>,
    of: &OidcSettings,
    now: i64,
) -> Result<Gone, Refused> {
    // A provider that names the kind of its tokens must not have another kind taken for this one.
    if !is_kind(kind, &["jwt", "logout+jwt"]) {
        return Err(Refused("the token is of another kind"));
    }
    common(claims, of, &of.client_id, now)?;
    let made = time(claims, "iat")?.ok_or(Refused("the token does not say when it was made"))?;
    if made.saturating_add(LOGOUT_WITHIN) <= now {
        return Err(Refused("the token is too old"));
    }
    if !claims.get("events").is_some_and(|events| events.get(LOGOUT).is_some_and(Value::is_object)) {
        return Err(Refused("the token does not say that somebody signed out"));
    }
    if claims.contains_key("nonce") {
        return Err(Refused("the token is that of a sign-in"));
    }
    let token = word(claims, "jti", "the token's name is none")?.ok_or(Refused("the token has no name of its own"))?;
    let subject = word(claims, "sub", "the token names a person that is none")?;
    let sid = word(claims, "sid", "the token names a session that is none")?;
    if subject.is_none() && sid.is_none() {
        return Err(Refused("the token says neither who signed out nor of which session"));
    }
    Ok(Gone { subject, sid, token })
}

/// Whether a token says to be of one of these kinds, or says nothing.
fn is_kind(kind: Option<&str>, known: &[&str]) -> bool {
    let kind = kind.map(str::to_ascii_lowercase);
    kind.is_none_or(|kind| known.contains(&kind.strip_prefix("application/").unwrap_or(&kind)))
}

/// Checks an access token that a program or a page presents.
pub(super) fn of_bearer(
    claims: &Map<String, Value>,
    kind: Option<&str>,
    of: &OidcSettings,
    now: i64,
) -> Result<Person, Refused> {
    let wanted = of.audience.as_deref().ok_or(Refused("tokens of the provider are not taken here"))?;
    // A logout token or a token of another protocol is signed with the same keys.
    if !is_kind(kind, &["jwt", "at+jwt"]) {
        return Err(Refused("the token is of a kind that opens nothing"));
    }
    common(claims, of, wanted, now)?;
    if claims.contains_key("cnf") {
        return Err(Refused("the token is bound to a key, which is not checked here"));
    }
    if claims.contains_key("nonce") {
        return Err(Refused("the token is that of a sign-in"));
    }
    if claims.contains_key("events") {
        return Err(Refused("the token is that of an event"));
    }
    Ok(Person { subject: subject(claims)?, name: name(claims), roles: roles(claims, of), sid: None, too_many: false })
}

/// What the person is called, for the person's own eyes and those of who looks after sessions.
fn name(claims: &Map<String, Value>) -> String {
    let found = ["name", "preferred_username", "email"].iter().find_map(|claim| text(claims, claim));
    found.unwrap_or_default().chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect()
}

/// Whether a token of a sign-in is of the access token that came with it, where it says so.
pub(super) fn is_of(token: &Verified, access: &str) -> Result<(), Refused> {
    let Some(given) = token.said.get("at_hash") else { return Ok(()) };
    let of = match token.algorithm {
        Algorithm::Rs256 | Algorithm::Es256 => &SHA256,
        Algorithm::EdDsa => &SHA512,
    };
    let whole = digest(of, access.as_bytes());
    let left = whole.as_ref().split_at(whole.as_ref().len() / 2).0;
    if given.as_str() == Some(URL_SAFE_NO_PAD.encode(left).as_str()) {
        return Ok(());
    }
    Err(Refused("the access token is not the one that belongs to the token of the sign-in"))
}

/// The value of the configured claim.
pub(super) fn value<'a>(claims: &'a Map<String, Value>, of: &OidcSettings) -> Option<&'a Value> {
    let mut path = of.roles_claim.iter();
    let first = claims.get(path.next()?)?;
    path.try_fold(first, |value, step| value.get(step))
}

/// The roles that the configured claim gives by the configured mapping.
fn roles(claims: &Map<String, Value>, of: &OidcSettings) -> Vec<Role> {
    // Some providers let people write any address there, and say whether it was looked at.
    if of.roles_claim == ["email"] && claims.get("email_verified") != Some(&Value::Bool(true)) {
        return Vec::new();
    }
    let words: Vec<&str> = match value(claims, of) {
        // `scope` is a list of words in one text; any other text is one value, blanks and all.
        Some(Value::String(one)) if of.roles_claim == ["scope"] => one.split(' ').collect(),
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => Vec::new(),
    };
    let given = of.roles.iter().filter(|(word, _)| words.contains(&word.as_str()));
    let mut roles: Vec<Role> = given.flat_map(|(_, roles)| roles.iter().copied()).collect();
    roles.sort();
    roles.dedup();
    roles
}
