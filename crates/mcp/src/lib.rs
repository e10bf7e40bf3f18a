//! Tools for agents over the Model Context Protocol: screen, explain, check, law.
//!
//! Promises: every tool only reads; an answer is the one the command line gives, with its record;
//! what could not be done is an error of the tool with a `hint:`, never an empty answer; a request
//! is answered wholly from one snapshot; an answer is in the ledger, where one is kept, before it is given.
//!
//! Not here: who may call (`server`), what runs the process (`cli`).

mod answers;
mod http;
mod party;
mod register;
mod server;
mod source;

pub use http::{HttpService, http_service};
pub use register::{Given, Question, Register, Unregistered};
pub use server::{Tools, serve_stdio};
pub use source::{Source, Stored};
