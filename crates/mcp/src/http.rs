//! The tools over HTTP: the protocol's streamable form, one JSON answer to a request.
//!
//! Promises: no sessions are kept, so that any instance answers any request; a browser's page of another
//! origin is refused, and so is a host name that was not allowed: only loopback ones unless others are named.
//!
//! Not here: who may call, TLS (`server`).

use std::sync::Arc;

use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};

use crate::Tools;

/// Largest request: a party with all it may have.
const LARGEST_BODY: usize = 1 << 20;

/// The service, to be mounted at an address.
pub type HttpService = StreamableHttpService<Tools, NeverSessionManager>;

/// The tools as an HTTP service. `hosts` are the names it may be called by; none means loopback only.
pub fn http_service(tools: Tools, hosts: &[String]) -> HttpService {
    let mut config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(LARGEST_BODY)
        .enforce_origin_validation();
    if !hosts.is_empty() {
        config = config.with_allowed_hosts(hosts.iter().cloned());
    }
    StreamableHttpService::new(move || Ok(tools.clone()), Arc::new(NeverSessionManager::default()), config)
}
