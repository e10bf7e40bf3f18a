//! The `interdict` command: reads arguments and files, asks the engine, prints what is recorded.
//!
//! Promises: exit code 0 means done and clear, 1 a hit, 2 that something could not be done, so that
//! `interdict screen … && pay` fails safe; every error says what to do next; nothing from a list or
//! a file reaches the terminal as a control sequence.
//!
//! Not here: comparing (`engine`), files of the store (`store`).

mod arguments;
mod backup;
mod bundle;
mod cap;
mod check;
mod command;
mod completions;
mod cut;
mod errands;
mod evaluate;
mod exit;
mod explain;
mod file;
mod keys;
mod law;
mod ledger;
mod lists;
mod mcp;
mod monitor;
mod party;
mod past;
mod policies;
mod record;
mod render;
mod replay;
mod rows;
mod screen;
mod serve;
mod sessions;
mod sign_in;
mod style;
mod trial;
mod update;

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match arguments::read() {
        Ok(cli) => cli,
        Err(end) => return end,
    };
    match command::run(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(),
    }
}
