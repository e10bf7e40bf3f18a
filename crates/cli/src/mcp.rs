//! `interdict mcp`: tools for agents on standard input and output.
//!
//! Not here: the tools themselves (`mcp`); the same over HTTP (`serve`).

use std::sync::Arc;

use clap::Args;
use interdict_mcp::{Entering, Given, Question, Register, Stored, Tools, serve_stdio};
use interdict_store::Home;

use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure};
use crate::law::LawArgs;
use crate::record::{Answer, KeepArgs, Kind, RecordArgs, Recorder};

/// Serves the tools.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict mcp
  interdict mcp --home /var/lib/interdict --retention five-years

Speaks the Model Context Protocol: one JSON-RPC message a line. Tools: screen, explain, check, law; all of
them only read. A client starts it as a child, for instance with
  {\"mcpServers\": {\"interdict\": {\"command\": \"interdict\", \"args\": [\"mcp\"]}}}

Exit codes: 0 the client has left, 2 could not be done")]
pub struct McpArgs {
    #[command(flatten)]
    folder: LawArgs,
    #[command(flatten)]
    keep: KeepArgs,
}

/// Answers until the input ends.
pub fn run(args: &McpArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let law = Arc::new(args.folder.law()?);
    let source = Arc::new(Stored::new(place.home()?));
    let ledger = Arc::new(Ledger { home: place.home()?, record: RecordArgs::keeping(args.keep) });
    serve_stdio(Tools::new(source, law).recorded_in(ledger)).map_err(Failure::new)?;
    Ok(Exit::Clear)
}

/// The ledger of the home, if it has one. It is opened for each answer, so that other commands can record too.
struct Ledger {
    home: Home,
    record: RecordArgs,
}

impl Ledger {
    fn record(&self, given: &Given<'_>) -> Result<Option<u64>, Failure> {
        let kind = match given.question {
            Question::Screening => Kind::Screening,
            Question::Decision => Kind::Decision,
        };
        let Some(mut recorder) = Recorder::open(&self.home, &self.record, kind)? else { return Ok(None) };
        recorder.rests_on(given.engine, given.law)?;
        let (input, record, outcome) = (given.input.clone(), given.record, given.outcome);
        let pending = recorder.submit(vec![Answer { input, record, outcome, reference: String::new() }])?;
        let entry = recorder.settle(pending)?;
        recorder.finish()?;
        Ok(Some(entry))
    }
}

impl Register for Ledger {
    fn enter(&self, given: &Given<'_>) -> Result<Entering, String> {
        let entry = self.record(given).map_err(|failure| failure.text().to_owned())?;
        Ok(Box::pin(std::future::ready(Ok(entry))))
    }
}
