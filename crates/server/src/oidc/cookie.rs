//! Our two cookies: that of a session, and that of a sign-in under way.
//!
//! Promises: no script reads them, no other site sends them with a request that writes; over TLS they have the prefix
//! `__Host-`, so that no other host of the domain can set them; one that stands twice is refused rather than chosen from.
//!
//! Not here: what they hold (`login`, `session`).

use axum::http::{HeaderMap, HeaderValue, header};

use super::{Oidc, Refused};

/// Which cookie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cookie {
    /// That of a session.
    Session,
    /// That of a sign-in under way.
    SignIn,
}

impl Cookie {
    fn name(self, is_secure: bool) -> &'static str {
        match (self, is_secure) {
            (Self::Session, true) => "__Host-interdict_session",
            (Self::Session, false) => "interdict_session",
            (Self::SignIn, true) => "__Host-interdict_sign_in",
            (Self::SignIn, false) => "interdict_sign_in",
        }
    }

    /// Its value, if the request has it.
    pub(super) fn of(self, oidc: &Oidc, headers: &HeaderMap) -> Result<Option<String>, Refused> {
        let name = self.name(oidc.is_secure());
        let mut found = None;
        for line in headers.get_all(header::COOKIE) {
            let line = line.to_str().map_err(|_| Refused("the cookies cannot be read"))?;
            for (_, value) in
                line.split(';').filter_map(|pair| pair.trim().split_once('=')).filter(|(key, _)| *key == name)
            {
                if found.replace(value.to_owned()).is_some() {
                    return Err(Refused("a cookie of this service stands twice"));
                }
            }
        }
        Ok(found)
    }

    /// The header that sets it for some seconds; an empty value for none removes it.
    pub(super) fn set(self, oidc: &Oidc, value: &str, seconds: i64) -> Option<HeaderValue> {
        let is_secure = oidc.is_secure();
        let secure = if is_secure { "; Secure" } else { "" };
        let name = self.name(is_secure);
        let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}", seconds.max(0));
        HeaderValue::from_str(&line).ok()
    }
}
