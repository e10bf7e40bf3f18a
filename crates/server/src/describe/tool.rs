//! Messages of the Model Context Protocol that `/mcp` takes.
//!
//! Not here: the tools and the schemas of their arguments, which `tools/list` gives (`mcp`).

use serde_json::{Value, json};

use super::Notes;

/// A message with a method and parameters.
fn message(method: &str, params: Value, is_call: bool) -> Value {
    let mut required = vec!["jsonrpc", "method"];
    let mut properties = json!({"jsonrpc": {"const": "2.0"}, "method": {"const": method}, "params": params});
    if is_call {
        required.push("id");
        properties["id"] =
            json!({"anyOf": [{"type": "integer", "minimum": 0, "maximum": u32::MAX}, {"type": "string"}]});
    }
    if params.get("required").is_some() {
        required.push("params");
    }
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
}

fn call(tool: &str, arguments: Value) -> Value {
    let params = json!({"type": "object", "required": ["name", "arguments"], "additionalProperties": false,
        "properties": {"name": {"const": tool}, "arguments": arguments}});
    message("tools/call", params, true)
}

pub(super) fn add(notes: &mut Notes) {
    let none = json!({"type": "object", "maxProperties": 0});
    let start = json!({"type": "object", "required": ["protocolVersion", "capabilities", "clientInfo"], "properties": {
        "protocolVersion": {"type": "string", "enum": ["2025-03-26", "2025-06-18"]},
        "capabilities": {"type": "object", "maxProperties": 0},
        "clientInfo": {"type": "object", "required": ["name", "version"], "additionalProperties": false,
            "properties": {"name": {"type": "string"}, "version": {"type": "string"}}}}, "additionalProperties": false});
    let name = json!({"type": "string", "minLength": 1, "maxLength": 2_000});
    let years = json!({"type": "array", "items": {"type": "string", "pattern": "^(19|20)[0-9]{2}$"}});
    let party = json!({"type": "object", "required": ["name"], "additionalProperties": false,
        "properties": {"name": name, "born": years}});
    let named =
        json!({"type": "object", "required": ["party"], "additionalProperties": false, "properties": {"party": party}});
    let facts = json!({"type": "object", "required": ["facts"], "properties": {"facts": {"type": "object"}}});
    let forms = [
        message("initialize", start, true),
        message("ping", none.clone(), true),
        message("tools/list", none.clone(), true),
        message("notifications/initialized", none, false),
        call("screen", named),
        call("explain", json!({"type": "object"})),
        call("check", facts),
        call("law", json!({"type": "object"})),
    ];
    let schema =
        json!({"description": "A JSON-RPC message; arguments of tools are described by `tools/list`.", "anyOf": forms});
    notes.component("AgentMessage", schema);
    notes.body("/mcp", json!({"application/json": {"schema": {"$ref": "#/components/schemas/AgentMessage"}}}));
}
