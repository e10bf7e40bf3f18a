//! The protocol: which tools there are, with their schemas, and who answers which.
//!
//! Promises: every tool is marked read-only; work that takes a processor runs beside the protocol, so
//! that a long answer holds up no other; arguments that do not fit are an error that says which.
//!
//! Not here: what the tools answer (`answers`).

use std::sync::Arc;

use interdict_engine::{Scratch, starter};
use interdict_measures::Law;
use rmcp::handler::server::tool::schema_for_input;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool, ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt, schemars};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::answers::{self, Call, Check, Explain, Screen, ShowLaw};
use crate::hall::{Alone, Hall};
use crate::register::{Register, Told, Unregistered};
use crate::source::Source;

const INSTRUCTIONS: &str = "Screens parties against sanctions lists and decides whether trade is lawful, with the \
    article that decides. Every tool only reads. Outcome `clear` means no listing at or above the threshold in the \
    lists that are loaded; an error is never clear. A fact that is not known is left out, never guessed: the answer \
    `undetermined` names what is missing. Quote `record` with an answer: it is the hash under which it is on record.";

const TOOLS: [(&str, &str, &str); 4] = [
    (
        "screen",
        "Screen a party",
        "Compare a person, company, ship, aircraft or wallet with every sanctions list that is loaded. Gives the \
         listings at or above the threshold, best first, each with the evidence its score was computed from.",
    ),
    (
        "explain",
        "Compare with one listing",
        "Compare a party with one listing, hit or not: token by token what agreed, what spoke against it, and how much \
         is missing to the threshold.",
    ),
    (
        "check",
        "Is it lawful",
        "Decide whether a shipment, service, call at port, account or contract is lawful on a day: prohibited, \
         conditional, undetermined or permitted, with the articles, the facts that were lacking and the duties. Parties \
         that are named are screened first.",
    ),
    (
        "law",
        "Look up the law",
        "Show a page of law with its rules and days in force, list pages below a path, or list the facts that rules \
         ask for.",
    ),
];

/// The tools over lists and the law.
#[derive(Clone)]
pub struct Tools {
    source: Arc<dyn Source>,
    law: Arc<Law>,
    register: Arc<dyn Register>,
    hall: Arc<dyn Hall>,
}

impl Tools {
    /// Over a source of lists and a law.
    pub fn new(source: Arc<dyn Source>, law: Arc<Law>) -> Self {
        Self { source, law, register: Arc::new(Unregistered), hall: Arc::new(Alone) }
    }

    /// The same, with answers put on record in a register.
    #[must_use]
    pub fn recorded_in(self, register: Arc<dyn Register>) -> Self {
        Self { register, ..self }
    }

    /// The same, with calls worked on in a hall.
    #[must_use]
    pub fn worked_in(self, hall: Arc<dyn Hall>) -> Self {
        Self { hall, ..self }
    }

    /// Answers one call.
    ///
    /// # Errors
    /// What could not be done, in words.
    fn answer(&self, name: &str, arguments: Value, scratch: &mut Scratch) -> Result<(Told, Option<String>), String> {
        let snapshot = || self.source.snapshot();
        let mut note = None;
        let mut lists = || {
            let snapshot = snapshot()?;
            if snapshot.is_starter() {
                note = Some(format!("{}\nhint: {}", starter::WARNING, starter::HINT));
            }
            Ok::<_, String>(snapshot)
        };
        let party = arguments.get("party").cloned().unwrap_or_default();
        let call = || Ok::<_, String>(Call { snapshot: lists()?, register: &*self.register, party, scratch });
        let told = match name {
            "screen" => answers::screen(call()?, &read::<Screen>(arguments)?)?,
            "explain" => answers::explain(call()?, &read::<Explain>(arguments)?)?,
            "check" => answers::check(call()?, &self.law, &read::<Check>(arguments)?)?,
            "law" => Told::of_nobody(answers::law(&self.law, &read::<ShowLaw>(arguments)?)?),
            other => return Err(format!("no tool `{other}`\nhint: one of screen, explain, check, law")),
        };
        Ok((told, note))
    }

    /// Has a call worked on, and waits until what is told is on record.
    async fn answered(&self, name: String, arguments: Value) -> Result<CallToolResult, String> {
        let (this, (done, answer)) = (self.clone(), oneshot::channel());
        let job = Box::new(move |scratch: &mut Scratch| {
            // Whoever asked may have gone.
            let _ = done.send(this.answer(&name, arguments, scratch));
        });
        self.hall.run(job).await?;
        let (told, note) = answer.await.map_err(|_| "could not be done".to_owned())??;
        let (told, entry) = told.settled().await?;
        Ok(match told {
            Ok(value) => {
                let mut result = CallToolResult::structured(value);
                result.content.extend(note.map(ContentBlock::text));
                result
            }
            Err(reason) => {
                let mut result = CallToolResult::error(vec![ContentBlock::text(reason)]);
                result.structured_content = entry.map(|entry| json!({ "ledger": { "entry": entry } }));
                result
            }
        })
    }
}

fn read<T: DeserializeOwned>(arguments: Value) -> Result<T, String> {
    serde_json::from_value(arguments)
        .map_err(|error| format!("arguments: {error}\nhint: the tool's input schema says what it takes"))
}

fn tools() -> Result<Vec<Tool>, ErrorData> {
    let schema = |name: &str| match name {
        "screen" => schema_for::<Screen>(),
        "explain" => schema_for::<Explain>(),
        "check" => schema_for::<Check>(),
        _ => schema_for::<ShowLaw>(),
    };
    let mut all = Vec::new();
    for (name, title, description) in TOOLS {
        let marks = ToolAnnotations::with_title(title).read_only(true).idempotent(true).open_world(false);
        all.push(Tool::new(name, description, schema(name)?).with_title(title).with_annotations(marks));
    }
    Ok(all)
}

fn schema_for<T: schemars::JsonSchema + 'static>() -> Result<Arc<rmcp::model::JsonObject>, ErrorData> {
    schema_for_input::<T>().map_err(|error| ErrorData::internal_error(error, None))
}

impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("interdict", interdict_engine::VERSION))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools()?))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if !TOOLS.iter().any(|(name, ..)| *name == request.name) {
            return Err(ErrorData::invalid_params(format!("no tool `{}`", request.name), None));
        }
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        Ok(match self.answered(request.name.into_owned(), arguments).await {
            Ok(result) => result.into(),
            // An agent reads it and mends its call; it is never an empty answer.
            Err(reason) => CallToolResult::error(vec![ContentBlock::text(reason)]).into(),
        })
    }
}

/// Serves the tools on standard input and output until the input ends.
///
/// # Errors
/// When the protocol breaks off, in words.
pub fn serve_stdio(tools: Tools) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    let ended = runtime.block_on(async {
        let running = match tools.serve(rmcp::transport::stdio()).await {
            Ok(running) => running,
            // The other side left before it said anything.
            Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(error) => return Err(format!("mcp: {error}")),
        };
        running.waiting().await.map(drop).map_err(|error| format!("mcp: {error}"))
    });
    // A read of standard input cannot be taken back; the process ends anyway.
    runtime.shutdown_background();
    ended
}
