//! Receivers of the user's, in `webhooks.toml`.
//!
//! Promises: a field that is not understood is an error, not a setting that does nothing; no secret
//! stands in the file, only where it is.
//!
//! Not here: reading the secrets (`cli`), sending (`send`).

use serde::Deserialize;
use url::Url;

use crate::is_list_id;

/// Where a secret is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SecretAt {
    /// In a variable of the environment.
    Env(String),
    /// In a file.
    File(String),
}

/// Someone who is told of events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receiver {
    /// The name it is spoken of by; what was delivered is kept under it.
    pub name: String,
    /// Its address.
    pub url: Url,
    /// Where the secret is that signs.
    pub secret: SecretAt,
    /// Events it wants, by their words; none means all.
    pub events: Vec<String>,
    /// Only what a person should look at.
    pub alerts_only: bool,
    /// Plain `http:` is allowed.
    pub allow_http: bool,
    /// It may stand in the user's own network.
    pub allow_private: bool,
}

/// What is wrong with `webhooks.toml`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{reason}\nhint: {hint}")]
pub struct WebhookError {
    /// What, with its place.
    pub reason: String,
    /// The remedy.
    pub hint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    webhook: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    url: String,
    secret_env: Option<String>,
    secret_file: Option<String>,
    #[serde(default)]
    events: Vec<String>,
    #[serde(default)]
    alerts_only: bool,
    #[serde(default)]
    allow_http: bool,
    #[serde(default)]
    allow_private: bool,
    #[serde(default)]
    off: bool,
}

const EXAMPLE: &str = "as in: [[webhook]] name = \"desk\" url = \"https://host/hook\" secret_env = \"DESK_SECRET\", \
                       each on its own line";

/// An address that events can be sent to.
pub(crate) fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("its address is none: {error}"))?;
    match url.scheme() {
        "https" | "http" if url.has_host() && (!url.username().is_empty() || url.password().is_some()) => {
            Err("its address holds a user or password, which the signature makes needless".to_owned())
        }
        "https" | "http" if url.has_host() => Ok(url),
        other => Err(format!("`{other}:` is no way to send an event: https is")),
    }
}

impl Receiver {
    /// One that is given by its address alone, with a name made of it.
    ///
    /// # Errors
    /// When it is no address.
    pub fn at(text: &str, secret: SecretAt) -> Result<Self, String> {
        let url = address(text)?;
        let digest = interdict_model::Digest::of(url.as_str().as_bytes()).to_string();
        let name = format!("url-{}", digest.get(..16).unwrap_or_default());
        let (allow_http, allow_private) = (false, false);
        Ok(Self { name, url, secret, events: Vec::new(), alerts_only: false, allow_http, allow_private })
    }
}

/// The receivers of a `webhooks.toml`; `words` are the events there are.
///
/// # Errors
/// When the file is no TOML, has a field that is not known, or a receiver that cannot be meant.
pub fn receivers(text: &str, words: &[&str]) -> Result<Vec<Receiver>, WebhookError> {
    let wrong = |reason: String| WebhookError { reason, hint: EXAMPLE.to_owned() };
    let file: File = toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
    let mut found: Vec<Receiver> = Vec::new();
    for entry in file.webhook {
        let name = entry.name.clone();
        if !is_list_id(&name) || name.starts_with("url-") {
            let reason = format!(
                "`{name}` cannot be the name of a webhook: lower-case letters, digits and hyphens, not `url-…`"
            );
            return Err(wrong(reason));
        }
        if found.iter().any(|known| known.name == name) {
            return Err(wrong(format!("webhook `{name}` is there twice")));
        }
        let is_off = entry.off;
        let receiver = read(entry, words).map_err(|reason| wrong(format!("webhook `{name}`: {reason}")))?;
        if !is_off {
            found.push(receiver);
        }
    }
    Ok(found)
}

fn read(entry: Entry, words: &[&str]) -> Result<Receiver, String> {
    let url = address(&entry.url)?;
    let secret = match (entry.secret_env, entry.secret_file) {
        (Some(name), None) if !name.is_empty() => SecretAt::Env(name),
        (None, Some(path)) if !path.is_empty() => SecretAt::File(path),
        (Some(_), Some(_)) => return Err("has `secret_env` and `secret_file`: one of them".to_owned()),
        (Some(_), None) | (None, Some(_)) | (None, None) => {
            return Err("names no secret: give `secret_env` or `secret_file`".to_owned());
        }
    };
    if let Some(other) = entry.events.iter().find(|word| !words.contains(&word.as_str())) {
        return Err(format!("`{other}` is no event: {} are", words.join(", ")));
    }
    Ok(Receiver {
        name: entry.name,
        url,
        secret,
        events: entry.events,
        alerts_only: entry.alerts_only,
        allow_http: entry.allow_http,
        allow_private: entry.allow_private,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 2] = ["new", "gone"];

    #[test]
    fn receivers_are_read_and_those_that_are_off_left_out() {
        let text = r#"
[[webhook]]
name = "desk"
url = "https://desk.example/hook?team=3"
secret_env = "DESK_SECRET"
events = ["new"]
alerts_only = true

[[webhook]]
name = "lab"
url = "http://10.0.0.7/hook"
secret_file = "/etc/interdict/lab.secret"
allow_http = true
allow_private = true

[[webhook]]
name = "old"
url = "https://old.example/"
secret_env = "OLD_SECRET"
off = true
"#;
        let found = receivers(text, &WORDS).unwrap();
        let names: Vec<&str> = found.iter().map(|receiver| receiver.name.as_str()).collect();
        assert_eq!(names, ["desk", "lab"]);
        assert!(found[0].alerts_only && found[0].events == ["new"] && !found[0].allow_private);
        assert_eq!(found[1].secret, SecretAt::File("/etc/interdict/lab.secret".to_owned()));
        assert_eq!(receivers("", &WORDS), Ok(Vec::new()));
        let env = || SecretAt::Env("S".to_owned());
        let (one, two) = (Receiver::at("https://a.example/1", env()), Receiver::at("https://a.example/2", env()));
        assert_ne!(one.unwrap().name, two.unwrap().name);
    }

    #[test]
    fn a_receiver_that_cannot_be_meant_is_an_error_with_its_name() {
        let whole = "[[webhook]]\nname = \"a\"\nurl = \"https://x.example/\"\nsecret_env = \"S\"\n";
        for (text, part) in [
            (whole.replace("\"a\"", "\"../a\""), "`../a` cannot be the name"),
            (whole.replace("\"a\"", "\"url-1\""), "cannot be the name"),
            (format!("{whole}{whole}"), "webhook `a` is there twice"),
            (whole.replace("https:", "ftp:"), "`ftp:` is no way"),
            (whole.replace("https://", "https://me:pass@"), "user or password"),
            (whole.replace("https://x.example/", "nonsense"), "webhook `a`: its address is none"),
            (whole.replace("secret_env = \"S\"\n", ""), "names no secret"),
            (format!("{whole}secret_file = \"f\"\n"), "one of them"),
            (format!("{whole}secret = \"whsec_x\"\n"), "unknown field `secret`"),
            (format!("{whole}events = [\"old\"]\n"), "`old` is no event: new, gone are"),
            ("[[webhook]\n".to_owned(), "TOML"),
        ] {
            let error = receivers(&text, &WORDS).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("hint: "), "{part}: {error}");
        }
    }
}
