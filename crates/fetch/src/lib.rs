//! Network: the only crate that opens connections.
