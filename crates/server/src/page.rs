//! Whether a request without a key comes from a program, or from a page in the browser of somebody on this machine.
//!
//! A browser lets any page on the web send requests to loopback, and a page whose name is made to lead here (DNS rebinding)
//! may read the answers too. Whoever shows a key or a session is asked for that; whoever shows nothing is asked for this.
//!
//! Promises: without a key, the name by which the service is called is one of loopback or one that `--host` allows, and
//! a request of which a browser says that another page sent it opens nothing.
//!
//! Not here: writes of sessions, which bring a number (`oidc`); the same for tools of agents, in their protocol (`agents`).

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};

use crate::problem::Fault;

/// Lets a request without a key pass, or says why not. `allowed` are names besides those of loopback; `is_near` says that it comes from
/// a page of this computer, where such pages may ask.
pub(crate) fn not_from_elsewhere(
    allowed: &[String],
    uri: &Uri,
    headers: &HeaderMap,
    is_near: bool,
) -> Result<(), Fault> {
    let mut given = headers.get_all(header::HOST).iter().map(|value| value.to_str().ok()).collect::<Vec<_>>();
    given.extend(uri.authority().map(|authority| Some(authority.as_str())));
    // Every browser names a host; what names none is no browser.
    if !given.iter().all(|host| host.is_some_and(|host| is_ours(allowed, host))) {
        return Err(Fault::Forbidden(
            "without a key the service answers to names of this machine only\nhint: call it as 127.0.0.1 or localhost, \
             allow another name with --host, or send a key"
                .to_owned(),
        ));
    }
    let is_own = |origin: &str| {
        let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        host.is_some_and(|host| given.iter().flatten().any(|own| own.eq_ignore_ascii_case(host)))
    };
    let origins = headers.get_all(header::ORIGIN).iter();
    let sites = headers.get_all("sec-fetch-site").iter();
    let own_pages = origins.map(|value| value.to_str().is_ok_and(is_own));
    let own_sites = sites.map(|value| matches!(value.as_bytes(), b"same-origin" | b"none"));
    if is_near || own_pages.chain(own_sites).all(|is_own| is_own) {
        return Ok(());
    }
    Err(Fault::Forbidden("a page of another site sent this request\nhint: pages of other sites need a key".to_owned()))
}

/// Whether a name, with or without a port, is one by which the service may be called.
fn is_ours(allowed: &[String], host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    if host.contains('@') {
        return false;
    }
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let is_loopback = name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    // RFC 6761: names below localhost lead to loopback, and browsers hold to it.
    let is_local = name == "localhost" || name.ends_with(".localhost");
    is_loopback
        || is_local
        || allowed.iter().any(|one| one.eq_ignore_ascii_case(&name) || one.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_known_and_no_other() {
        let allowed = ["screening.example".to_owned()];
        for ours in [
            "localhost",
            "LOCALHOST:8080",
            "localhost.",
            "app.localhost:1",
            "127.0.0.1",
            "127.8.9.1:80",
            "[::1]:8080",
            "[::1]",
            "screening.example",
            "Screening.Example:8443",
        ] {
            assert!(is_ours(&allowed, ours), "{ours}");
        }
        for other in [
            "",
            "attacker.example",
            "localhost.attacker.example",
            "127.0.0.1.nip.io",
            "notlocalhost",
            "user@localhost",
            "10.0.0.1:8080",
            "[::2]",
            "0.0.0.0:8080",
            "screening.example.attacker.example",
            "local host",
        ] {
            assert!(!is_ours(&allowed, other), "{other}");
        }
    }
}
