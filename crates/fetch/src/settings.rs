//! How a client fetches: bounds, the way out, whom it trusts.
//!
//! Not here: fetching (`client`).

use std::time::Duration;

use ureq::tls::{Certificate, PemItem, parse_pem};

/// Bounds of one fetch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of one file, packed and unpacked. The largest of the official lists that are fetched have some 50 MB.
    pub bytes: u64,
    /// Time to find and reach the server.
    pub connect: Duration,
    /// Time without a byte.
    pub idle: Duration,
    /// Time for one file with all attempts.
    pub total: Duration,
    /// Redirects followed.
    pub redirects: u32,
    /// Attempts, the first included.
    pub attempts: u32,
    /// Wait before the second attempt; it triples with each.
    pub pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 512 << 20,
            connect: Duration::from_secs(15),
            idle: Duration::from_secs(60),
            total: Duration::from_secs(15 * 60),
            redirects: 5,
            attempts: 4,
            pause: Duration::from_secs(1),
        }
    }
}

/// The way out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Proxy {
    /// What `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
    #[default]
    Environment,
    /// None, whatever the environment says.
    Direct,
    /// This one: `http://`, `https://`, `socks4://` or `socks5://`.
    At(String),
}

/// How a client fetches.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// Bounds.
    pub limits: Limits,
    /// Allow `http:`.
    pub allow_http: bool,
    /// Allow addresses that are not of the public internet.
    pub allow_private: bool,
    /// The way out.
    pub proxy: Proxy,
    /// Certificates (PEM) to trust in place of the common authorities: for networks that open TLS.
    pub authorities: Option<Vec<u8>>,
    /// The program's name as servers see it. OFAC refuses those that say none.
    pub user_agent: String,
}

/// The certificates of a PEM file.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, String> {
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(error) => return Err(format!("the certificates cannot be read: {error}")),
        }
    }
    if found.is_empty() {
        return Err("no certificate in the file\nhint: it must be PEM, `-----BEGIN CERTIFICATE-----`".to_owned());
    }
    Ok(found)
}

/// The proxy that the environment names. One that cannot be used is an error: to go around it
/// unasked could be forbidden.
pub(crate) fn of_environment() -> Result<Option<ureq::Proxy>, String> {
    let found = ureq::Proxy::try_from_env();
    let names = ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];
    let is_set = |name: &&&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match (found, names.iter().find(is_set)) {
        (None, Some(name)) => Err(format!(
            "{name}: the proxy is no address\nhint: write it as http://proxy.example:3128, or use --no-proxy"
        )),
        (found, _) => Ok(found),
    }
}
