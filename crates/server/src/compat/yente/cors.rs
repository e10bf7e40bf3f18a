//! Which pages of other origins may read `/reconcile`: the protocol wants it open, as OpenRefine asks from the browser.
//!
//! Promises: a page that sends a key may come from anywhere; without a key only pages of this computer may read, so that no
//! web site that somebody looks at reads what the service answers to everybody on loopback; cookies open nothing.
//!
//! Not here: who may call (`door`).

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// How long a browser may remember what it was told: ten minutes.
const REMEMBERED: &str = "600";

/// Whether an address is one that other origins may read.
pub(crate) fn is_open(path: &str) -> bool {
    path.starts_with("/reconcile/")
}

/// Whether a browser fetches a preview for a frame, of which it does not say whose page it stands in: the preview's own policy says
/// which pages may show it, and none can read it.
pub(crate) fn is_frame(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    let is_preview = path.strip_prefix("/reconcile/").is_some_and(|rest| rest.contains("/preview/"));
    let mut kinds = headers.get_all("sec-fetch-dest").iter();
    method == Method::GET && is_preview && kinds.next().is_some_and(|kind| kind == "iframe") && kinds.next().is_none()
}

/// The origin of a request, if it has one.
pub(crate) fn origin(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(header::ORIGIN).cloned()
}

/// The answer to a browser that asks beforehand what it may send; none if it does not.
pub(crate) fn preflight(method: &Method, headers: &HeaderMap) -> Option<Response> {
    let origin = origin(headers)?;
    if method != Method::OPTIONS || !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    let out = response.headers_mut();
    allow(out, origin);
    out.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    out.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type, x-api-key, x-requested-with"),
    );
    out.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(REMEMBERED));
    Some(response)
}

/// Lets the page that asked read an answer.
pub(crate) fn open(response: &mut Response, origin: Option<HeaderValue>, has_key: bool) {
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin.filter(|origin| has_key || is_local(origin)) {
        allow(headers, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("interdict-entry, interdict-record, x-batch-size, x-request-id"),
        );
    }
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
}

/// Whether a page comes from this computer.
pub(crate) fn is_local(origin: &HeaderValue) -> bool {
    let Some(url) = origin.to_str().ok().and_then(|text| url::Url::parse(text).ok()) else { return false };
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_this_computer_is_told_from_others() {
        for (origin, local) in [
            ("http://127.0.0.1:3333", true),
            ("http://localhost:3333", true),
            ("http://[::1]:3333", true),
            ("https://refine.example", false),
            ("http://127.0.0.1.example", false),
            ("http://localhost.example", false),
            ("http://localhost@evil.example", false),
            ("null", false),
        ] {
            assert_eq!(is_local(&HeaderValue::from_static(origin)), local, "{origin}");
        }
    }
}
