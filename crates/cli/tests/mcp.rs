//! `interdict mcp`, spoken to as an agent does: JSON-RPC over standard input and output.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use common::Home;
use serde_json::{Value, json};

/// A running server and its two ends.
struct Agent {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next: u64,
}

impl Agent {
    fn of(home: &Home) -> Self {
        let mut command = home.command(&["mcp"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut agent = Self { child, input, output, next: 0 };
        let hello = agent.ask(
            "initialize",
            json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}),
        );
        assert_eq!(hello["result"]["serverInfo"]["name"], "interdict", "{hello}");
        assert_eq!(hello["result"]["protocolVersion"], "2025-06-18", "{hello}");
        agent.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        agent
    }

    fn say(&mut self, message: &Value) {
        writeln!(self.input, "{message}").unwrap();
        self.input.flush().unwrap();
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.say(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        let mut line = String::new();
        while self.output.read_line(&mut line).unwrap() > 0 {
            let message: Value = serde_json::from_str(&line).unwrap();
            if message["id"] == id {
                return message;
            }
            line.clear();
        }
        panic!("the server left without an answer to {method}");
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.ask("tools/call", json!({"name": tool, "arguments": arguments}));
        answer["result"].clone()
    }

    fn leave(mut self) {
        drop(self.input);
        assert!(self.child.wait().unwrap().success(), "the server ends well when the agent leaves");
    }
}

#[test]
fn lists_four_tools_that_only_read() {
    let mut agent = Agent::of(&Home::new());
    let listed = agent.ask("tools/list", json!({}));
    let tools = listed["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["screen", "explain", "check", "law"]);
    for tool in tools {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        assert!(tool["description"].as_str().unwrap().len() > 40, "{tool}");
    }
    agent.leave();
}

#[test]
fn screens_as_the_command_does() {
    let home = Home::new();
    let mut agent = Agent::of(&home);
    let found = agent.call("screen", json!({"party": {"name": "Yun Ho-jin", "born": ["1944"], "countries": ["kp"]}}));
    assert_eq!(found["isError"], false, "{found}");
    let answer = &found["structuredContent"];
    assert_eq!((&answer["outcome"], &answer["hits"][0]["reference"]), (&json!("hit"), &json!("KPi.001")), "{found}");
    // The text holds the same, and says that the starter list is a sample.
    let text = found["content"][0]["text"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), *answer);
    assert!(found["content"][1]["text"].as_str().unwrap().contains("not for production"), "{found}");
    let clear = agent.call("screen", json!({"party": {"name": "Josefine Musterfrau"}}));
    assert_eq!(clear["structuredContent"]["outcome"], "clear", "{clear}");
    // A party understood alike has the same score on the command line.
    let run = home.run(&["screen", "Yun Ho-jin", "--born", "1944", "--country", "kp", "--format", "json"]);
    let shown: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(shown["hits"][0]["score"], answer["hits"][0]["score"]);
    agent.leave();
}

#[test]
fn what_cannot_be_done_is_an_error_with_a_hint() {
    let mut agent = Agent::of(&Home::new());
    for (tool, arguments, expected) in [
        ("screen", json!({"party": {}}), "no name with letters"),
        ("screen", json!({"party": {"nmae": "A"}}), "nmae"),
        ("screen", json!({"party": {"name": "A B"}, "threshold": 0.1}), "threshold"),
        ("screen", json!({"party": {"name": "A B"}, "limit": 0}), "hide every hit"),
        ("screen", json!({"party": {"name": "A B"}, "lists": ["un-sc"]}), "no list `un-sc`"),
        ("screen", json!({"party": {"name": "A B", "born": ["soon"]}}), "`soon`"),
        ("explain", json!({"party": {"name": "A B"}, "list": "starter", "reference": "KPi.999"}), "KPi.999"),
        ("check", json!({"facts": {"date": "yesterday"}}), "yesterday"),
        ("check", json!({"facts": {}, "law": ["atlantis"]}), "no jurisdiction `atlantis`"),
        ("law", json!({"what": "page", "id": "un/0/0"}), "no page `un/0/0`"),
    ] {
        let answer = agent.call(tool, arguments.clone());
        assert_eq!(answer["isError"], true, "{tool} {arguments}: {answer}");
        let text = answer["content"][0]["text"].as_str().unwrap();
        assert!(text.contains(expected) && text.contains("hint: "), "{tool} {arguments}: {text}");
        assert!(answer["structuredContent"].is_null(), "an error holds no answer: {answer}");
    }
    let unknown = agent.ask("tools/call", json!({"name": "pay", "arguments": {}}));
    assert!(unknown["error"]["message"].as_str().unwrap().contains("`pay`"), "{unknown}");
    agent.leave();
}

#[test]
fn explains_checks_and_shows_the_law() {
    let mut agent = Agent::of(&Home::new());
    let compared = agent
        .call("explain", json!({"party": {"name": "Josefine Musterfrau"}, "list": "starter", "reference": "KPi.001"}));
    let comparison = &compared["structuredContent"]["comparisons"][0];
    assert_eq!(comparison["outcome"], "clear", "{compared}");
    assert!(comparison["lacks"].as_f64().unwrap() > 0.0, "{compared}");

    let coal = json!({"date": "2018-01-05", "activity": "goods", "hs": "2701", "origin": "kp", "from": "kp",
        "seller": "Mine", "seller_country": "kp"});
    let decided = agent.call("check", json!({"facts": coal, "law": ["un"]}));
    let report = &decided["structuredContent"];
    assert_eq!(report["verdict"], "prohibited", "{decided}");
    assert_eq!(report["screening"][0]["role"], "seller", "{decided}");
    let rule = report["jurisdictions"][0]["findings"][0]["rule"].as_str().unwrap();

    let page = rule.split('#').next().unwrap();
    let shown = agent.call("law", json!({"what": "page", "id": page}));
    let rules = shown["structuredContent"]["rules"].as_array().unwrap();
    assert!(rules.iter().any(|one| one["id"] == rule), "{shown}");
    let pages = agent.call("law", json!({"what": "pages", "id": "un/2397", "on": "2018-01-05"}));
    assert!(pages["structuredContent"]["total"].as_u64().unwrap() > 5, "{pages}");
    let terms = agent.call("law", json!({"what": "terms"}));
    assert!(terms["structuredContent"]["terms"].as_array().unwrap().len() > 20, "{terms}");
    agent.leave();
}

#[test]
fn lists_that_are_imported_meanwhile_are_used() {
    let home = Home::new();
    let mut agent = Agent::of(&home);
    let before = agent.call("screen", json!({"party": {"name": "Yun Ho-jin"}}));
    assert_eq!(before["structuredContent"]["starter"], true, "{before}");
    let file = home.file("un.xml", common::UN.as_bytes());
    assert_eq!(home.run(&["lists", "import", &file]).code, Some(0));
    let after = agent.call("screen", json!({"party": {"name": "Yun Ho-jin"}}));
    assert_eq!(after["structuredContent"]["starter"], false, "{after}");
    assert_ne!(after["structuredContent"]["snapshot"], before["structuredContent"]["snapshot"]);
    agent.leave();
}

#[test]
fn answers_are_in_the_ledger_before_they_are_given_and_replay_to_the_byte() {
    let home = Home::with_un();
    assert_eq!(home.run(&["ledger", "init", "--origin", "example.org/test"]).code, Some(0));
    let mut agent = Agent::of(&home);
    let screened = agent.call("screen", json!({"party": {"name": "Josefine Musterfrau", "countries": ["de"]}}));
    let decided = agent.call(
        "check",
        json!({"facts": {"date": "2018-01-05", "activity": "goods", "hs": "2701", "origin": "kp", "from": "kp",
            "seller": "Mine", "seller_country": "kp"}, "law": ["un"], "explain": true}),
    );
    let asked = json!({"place": "facts", "record": [["activity", "goods"], ["date", "2018-01-05"], ["from", "kp"],
        ["hs", "2701"], ["origin", "kp"], ["seller", "Mine"], ["seller_country", "kp"]], "given": [["law", "un"]],
        "also_on": null, "explain": true, "screened": true, "accounts": []});
    let mut entries = Vec::new();
    for (answer, input) in [(&screened, &screened["structuredContent"]["party"]), (&decided, &asked)] {
        let entry = answer["structuredContent"]["ledger"]["entry"].as_u64().unwrap_or_else(|| panic!("{answer}"));
        let receipt = home.run(&["ledger", "receipt", &entry.to_string()]);
        assert_eq!(receipt.code, Some(0), "{}", receipt.err);
        let (brought, closed) =
            (home.file("asked.json", input.to_string().as_bytes()), home.file("r.json", receipt.out.as_bytes()));
        let replayed = home.run(&["replay", &closed, "--party", &brought]);
        assert_eq!(replayed.code, Some(0), "{}{}", replayed.out, replayed.err);
        assert!(replayed.out.contains("the same answer, to the byte"), "{}", replayed.out);
        let receipt: Value = serde_json::from_str(&receipt.out).unwrap();
        assert_eq!(receipt["opening"]["record"], answer["structuredContent"]["record"], "{receipt}");
        entries.push(entry);
    }
    assert!(entries[1] > entries[0]);
    // A ledger that cannot be written: no answer is given.
    let ledger = home.path("home").join("ledger");
    std::fs::rename(&ledger, home.path("aside")).unwrap();
    std::fs::create_dir_all(&ledger).unwrap();
    for entry in std::fs::read_dir(home.path("aside")).unwrap() {
        let name = entry.unwrap().file_name();
        std::fs::write(ledger.join(name), b"not what it was").unwrap();
    }
    let refused = agent.call("screen", json!({"party": {"name": "Josefine Musterfrau"}}));
    assert_eq!(refused["isError"], true, "{refused}");
    assert!(refused["structuredContent"].is_null(), "{refused}");
    agent.leave();
}
