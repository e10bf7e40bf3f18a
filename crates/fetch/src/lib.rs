//! The only crate that opens connections: publishers' files over HTTPS, bundles that carry them, webhooks,
//! and short questions to providers of identities.
//!
//! Promises: the address that is checked is the address that is connected to; an answer is bounded
//! in bytes, packed and unpacked, and in time; what was cut short is never handed on as whole where
//! the server said how long it is; a secret of an address is never printed.
//!
//! Not here: writing files (`store`), reading lists (`lists`), what becomes of an answer (`cli`).

mod address;
pub mod bundle;
mod catalog;
mod client;
pub mod deltas;
mod encoding;
mod error;
mod exchange;
mod kind;
pub mod manifest;
mod official;
mod partial;
pub mod provider;
mod settings;
mod source;
pub mod webhook;

pub use catalog::{CatalogEntry, CatalogError, Found, look_up};
pub use client::{Answer, Client, Event, Fetched, Request, Validators};
pub use error::{FetchError, shown};
pub use kind::{Expected, Kind};
pub use official::official;
pub use partial::{InMemory, Partial};
pub use settings::{Limits, Proxy, Settings};
pub use source::{Catalog, Given, Source, SourceError, SourceFile, is_list_id, user_manifest, user_sources};
pub use url::Url;
