//! Tools for agents over the Model Context Protocol: screen, explain, check, law.
//!
//! Promises: every tool only reads; an answer is the one the command line gives, with its record;
//! what could not be done is an error of the tool with a `hint:`, never an empty answer; a request
//! is answered wholly from one snapshot; where a ledger is kept, an answer is in it before it is given, and a
//! question that gets none before that is said.
//!
//! Not here: who may call (`server`), what runs the process (`cli`).

mod answers;
mod hall;
mod http;
mod party;
mod register;
mod server;
mod source;

pub use hall::{Hall, Job, Waiting};
pub use http::{HttpService, http_service};
pub use register::{Entering, Given, Question, Register, Unregistered, unread_again, unread_forms};
pub use server::{Tools, serve_stdio};
pub use source::{Source, Stored};
