//! Tokens of catalogues, which may name variables of the environment.

use std::fmt;

use super::ManifestError;

/// A header that is sent and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Over a token, as yente sends it.
    pub fn token(token: &str) -> Self {
        Self(format!("Token {token}"))
    }

    /// What to send.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A text with `$NAME` and `${NAME}` replaced by what the environment holds.
///
/// # Errors
/// When a variable is not set: the text itself would be sent as a token.
pub fn expand(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<String, ManifestError> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, next) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some(found) => found,
            None => after.split_at(after.find(|c| !is_of_name(c)).unwrap_or(after.len())),
        };
        if name.is_empty() || !name.chars().all(is_of_name) {
            out.push('$');
            rest = after;
            continue;
        }
        let value = environment(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            ManifestError::new(format!("`{name}` is not set in the environment"), "it holds the token of a catalogue")
        })?;
        out.push_str(&value);
        rest = next;
    }
    out.push_str(rest);
    Ok(out)
}

/// Whether a text names variables of the environment.
pub(super) fn names_variables(text: &str) -> bool {
    expand(text, &|_| Some("x".to_owned())).is_ok_and(|expanded| expanded != text)
}
