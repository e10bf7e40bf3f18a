//! `interdict evaluate`: accuracy and speed on labelled data.

use clap::Args;

use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure};

/// What to measure.
#[derive(Args, Debug)]
pub struct EvaluateArgs {}

/// Measures.
pub fn run(_args: &EvaluateArgs, _place: &PlaceArgs) -> Result<Exit, Failure> {
    Ok(Exit::Clear)
}
