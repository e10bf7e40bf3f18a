//! `interdict mcp`: tools for agents on standard input and output.
//!
//! Not here: the tools themselves (`mcp`); the same over HTTP (`serve`).

use std::sync::Arc;

use clap::Args;
use interdict_mcp::{Stored, Tools, serve_stdio};

use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure};
use crate::law::LawArgs;

/// Serves the tools.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict mcp
  interdict mcp --home /var/lib/interdict

Speaks the Model Context Protocol: one JSON-RPC message a line. Tools: screen, explain, check, law; all of
them only read. A client starts it as a child, for instance with
  {\"mcpServers\": {\"interdict\": {\"command\": \"interdict\", \"args\": [\"mcp\"]}}}

Exit codes: 0 the client has left, 2 could not be done")]
pub struct McpArgs {
    #[command(flatten)]
    folder: LawArgs,
}

/// Answers until the input ends.
pub fn run(args: &McpArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let law = Arc::new(args.folder.law()?);
    let source = Arc::new(Stored::new(place.home()?));
    serve_stdio(Tools::new(source, law)).map_err(Failure::new)?;
    Ok(Exit::Clear)
}
