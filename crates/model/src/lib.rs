//! The nouns of Interdict: entities, listings, dates, countries, identifiers and where each came from.
//!
//! Promises: values carry their provenance (list, version, record, field); a missing fact is an
//! absent value, never a default; nothing here reads a clock, file, environment or network.
//!
//! Not here: text of names (`names`), comparing parties with listings (`screening`), reading
//! files (`lists`).

mod checksum;
pub mod country;
pub mod date;
pub mod digest;
pub mod entity;
pub mod ftm;
pub mod identifier;
pub mod listing;
mod unique;

pub use country::Country;
pub use date::{DateAgreement, PartialDate};
pub use digest::Digest;
pub use entity::{Address, Entity, Gender, Kind, Name, NamePart, NameQuality, Place, Sourced};
pub use identifier::{Check, Identifier, IdentifierKind};
pub use listing::{Designation, Link, ListId, ListVersion, Listing, ListingId, Rejection};
pub use unique::{Unique, unique, unique_object};
