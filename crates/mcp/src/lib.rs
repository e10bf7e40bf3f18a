//! Tools for agents: screen, explain, check, law.
//!
//! Not here yet: arrives with the service.
