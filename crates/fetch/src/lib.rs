//! The only crate that opens connections: publishers' files over HTTPS, with their hashes and dates.
//!
//! Not here yet: until fetching arrives, lists are downloaded by hand and given to
//! `interdict lists import`.
