//! The tools for agents at `/mcp`, over the lists of the service.

use std::sync::Arc;

use axum::Router;
use interdict_mcp::{Source, Tools, http_service};
use interdict_measures::Law;

/// The route. `hosts` are the names the service may be called by; none means loopback only.
pub fn router(source: Arc<dyn Source>, law: Arc<Law>, hosts: &[String]) -> Router {
    Router::new().route_service("/mcp", http_service(Tools::new(source, law), hosts))
}
