//! The HTTP interface and the analysts' console, rendering recorded values only.
//!
//! Not here yet: the command line (`cli`) is the one way in until the server arrives.

pub mod compat;
