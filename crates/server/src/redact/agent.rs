//! Covers messages of the Model Context Protocol.
//!
//! Promises: the structured answer of a tool is covered as the answer of its route is, and the text beside it is made anew from
//! it; every other text is masked but our own note on the starter list; members that nobody knows are masked.
//!
//! Not here: what stands in the answers of the tools (`walk`).

use interdict_engine::starter;
use serde_json::{Map, Value};

use super::walk::{TEXT, Veil};

impl Veil<'_> {
    /// A message to an agent.
    pub(super) fn message(&mut self, value: &mut Value) {
        let Value::Object(members) = value else { return self.answer(value, false) };
        for (member, value) in members.iter_mut() {
            match member.as_str() {
                // The caller's own number of its call, by which it finds the answer.
                "jsonrpc" | "id" => {}
                "result" => self.result(value),
                "error" => self.error(value),
                _ => self.answer(value, false),
            }
        }
    }

    fn error(&mut self, value: &mut Value) {
        let Value::Object(members) = value else { return self.answer(value, false) };
        for (member, value) in members.iter_mut() {
            match (member.as_str(), &value) {
                ("code", Value::Number(_)) => {}
                ("message", Value::String(_)) => self.text(value),
                (_, _) => self.answer(value, false),
            }
        }
    }

    fn result(&mut self, value: &mut Value) {
        let Value::Object(members) = value else { return self.answer(value, false) };
        for (member, value) in members.iter_mut() {
            match (member.as_str(), &value) {
                ("structuredContent", _) => self.answer(value, true),
                ("content" | "isError" | "resultType", _) => {}
                (_, _) => self.answer(value, false),
            }
        }
        let is_answer = members.get("isError") != Some(&Value::Bool(true));
        let answer = members.get("structuredContent").filter(|_| is_answer).map(ToString::to_string);
        if let Some(content) = members.get_mut("content") {
            self.content(content, answer);
        }
    }

    /// The texts: the first is the answer once more, if there is one.
    fn content(&mut self, value: &mut Value, answer: Option<String>) {
        let Value::Array(blocks) = value else { return self.answer(value, false) };
        let mut answer = answer;
        for block in blocks {
            let is_text = block.get("type").is_some_and(|kind| kind == "text");
            let Some(text) = block.get_mut("text").filter(|_| is_text) else {
                self.answer(block, false);
                continue;
            };
            match answer.take() {
                Some(answer) => *text = answer.into(),
                None => self.text(text),
            }
            let text = text.take();
            *block = Map::from_iter([("type".to_owned(), "text".into()), ("text".to_owned(), text)]).into();
        }
    }

    /// A text that may quote anything.
    fn text(&mut self, value: &mut Value) {
        if value.as_str() != Some(&format!("{}\nhint: {}", starter::WARNING, starter::HINT)) {
            *value = TEXT.into();
        }
    }
}
