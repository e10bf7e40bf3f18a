//! `interdict serve --compat …` as a client of the other service meets it: the address and a key, nothing else; and
//! what it was told is in the ledger and can be asked again.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use common::{Home, UN};
use serde_json::{Value, json};

/// The version whose calls the script makes.
const CLIENT: &str = "yente-client==0.2.0";

/// A service that ends with the test.
struct Service {
    child: Child,
    address: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    fn start(home: &Home, compat: &str) -> Self {
        let args = ["serve", "--listen", "127.0.0.1:0", "--compat", compat, "--log", "off"];
        let mut child = home.command(&args).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = lines.find_map(|line| line.unwrap().split("http://").nth(1).map(str::to_owned)).unwrap();
        let address = said.split(';').next().unwrap().to_owned();
        // What else it says is read, so that it is never held up.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    fn ask(&self, method: &str, path: &str, key: &str, body: &str) -> (String, String) {
        self.send(method, path, key, "application/json", body)
    }

    fn send(&self, method: &str, path: &str, key: &str, kind: &str, body: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: ApiKey {key}\r\n\
             Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut all = String::new();
        stream.read_to_string(&mut all).unwrap();
        let (head, body) = all.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    /// Asks it to end, and waits: then the ledger's files hold everything.
    fn end(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg("-TERM").arg(id).status().unwrap().success());
        self.child.wait().unwrap();
    }
}

fn key(home: &Home) -> String {
    let run = home.run(&["keys", "new", "client", "--role", "machine"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    run.out.trim().to_owned()
}

/// A home with invented lists that hold whom the script asks about: the starter list alone is not ready.
fn listed() -> Home {
    let home = Home::new();
    let un = UN.replace("ORSOLYA", "Yun").replace("VANDERPLOEG", "Ho-jin").replace("1971-09-11", "1944-01-01");
    let un = un.replace("Iceland", "Democratic People's Republic of Korea");
    let un = home.file("un.xml", un.replace("QUILLFEATHER &amp; SONS DREDGING", "Tanchon Commercial Bank").as_bytes());
    let own = home.file("fleet.csv", b"id,name,type,imo,country\nF-1,Quillfeather Dawn,vessel,9074729,kp\n");
    for args in [vec!["lists", "import", &un], vec!["lists", "import", &own, "--as", "fleet"]] {
        let run = home.run(&args);
        assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    }
    home
}

#[test]
fn the_client_of_yente_changes_the_address_and_keeps_its_key() {
    let home = listed();
    let Some(python) = interdict_testkit::python(&home.path(""), &[CLIENT]) else { return };
    assert_eq!(home.run(&["ledger", "init", "--origin", "example.org/test"]).code, Some(0));
    let token = key(&home);
    let service = Service::start(&home, "yente");
    let (_, ships) = service.ask("GET", "/search/default?schema=Vessel&limit=1", &token, "");
    let ships: Value = serde_json::from_str(&ships).unwrap();
    let imo = ships["results"][0]["properties"]["imoNumber"][0].as_str().unwrap().trim_start_matches("IMO");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/tests/clients/run_yente.py");
    let run = |key: &str| {
        let mut command = Command::new(&python);
        command.arg(&script).arg(format!("http://{}", service.address)).arg(imo);
        if !key.is_empty() {
            command.arg(key);
        }
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), output.stdout.iter().filter(|byte| **byte == b'\n').count(), text)
    };
    let (passed, checks, text) = run(&token);
    assert!(passed, "{text}");
    assert_eq!(checks, 9, "{text}");
    // Without its key it is told so, and gets nothing but health.
    let (passed, checks, text) = run("");
    assert!(!passed && checks == 1 && text.contains("401"), "{text}");
    service.end();
    let shown = home.run(&["ledger", "show", "--kind", "screening", "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    let count = |outcome: &str| shown.as_array().unwrap().iter().filter(|one| one["outcome"] == outcome).count();
    assert_eq!((count("hit"), count("clear"), count("not_done")), (6, 4, 2), "every party is an entry: {shown}");
    assert_eq!(home.run(&["ledger", "verify"]).code, Some(0));
}

#[test]
fn a_data_set_of_a_manifest_is_in_the_catalogue_of_yente_and_answers() {
    let home = listed();
    let person = json!({"id": "z-1", "schema": "Person", "target": true, "properties": {"name": ["Zebedee Oyelaran"]}});
    home.file("blocklist.json", person.to_string().as_bytes());
    let text = b"datasets: [{name: customer_blocklist, title: Blocklist, path: blocklist.json, version: '1'}]";
    let manifest = home.file("manifest.yml", text);
    let run = home.run(&["lists", "update", "--manifest", &manifest]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let token = key(&home);
    let service = Service::start(&home, "yente");
    let (_, catalog) = service.ask("GET", "/catalog", &token, "");
    let catalog: Value = serde_json::from_str(&catalog).unwrap();
    assert!(catalog["current"].as_array().unwrap().contains(&json!("customer-blocklist")), "{catalog}");
    let query =
        json!({"queries": {"q": {"schema": "Person", "properties": {"name": ["Zebedee Oyelaran"]}}}}).to_string();
    for (dataset, found) in [("customer_blocklist", 1), ("customer-blocklist", 1), ("default", 1), ("fleet", 0)] {
        let (_, body) = service.ask("POST", &format!("/match/{dataset}"), &token, &query);
        let body: Value = serde_json::from_str(&body).unwrap();
        let results = body["responses"]["q"]["results"].as_array().unwrap_or_else(|| panic!("{dataset}: {body}"));
        assert_eq!(results.len(), found, "{dataset}: {body}");
        assert!(
            results.iter().all(|one| one["id"] == "z-1" && one["datasets"] == json!(["customer-blocklist"])),
            "{body}"
        );
    }
}

/// Watchman's own OpenAPI, which is not kept here, at one commit: a later one is another test.
const OPENAPI: &str =
    "https://raw.githubusercontent.com/moov-io/watchman/0163022d8695e750bcf6b5e7087dedf72d3c3c62/docs/api.yaml";

/// The file that `INTERDICT_WATCHMAN_OPENAPI` names, or what its public address gives.
fn openapi(home: &Home) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("INTERDICT_WATCHMAN_OPENAPI") {
        let path = PathBuf::from(path);
        assert!(path.is_file(), "INTERDICT_WATCHMAN_OPENAPI: {} is no file", path.display());
        return Some(path);
    }
    let path = home.path("watchman.yaml");
    let mut fetch = Command::new("curl");
    let fetched = fetch.args(["-sSf", "--max-time", "20", "-o"]).arg(&path).arg(OPENAPI).output();
    fetched.is_ok_and(|output| output.status.success()).then_some(path)
}

#[test]
fn every_operation_of_watchmans_openapi_is_answered_in_its_schemas_or_refused() {
    let home = listed();
    let Some(openapi) = openapi(&home) else {
        eprintln!("skipped: no {OPENAPI} from here; save it and name it in INTERDICT_WATCHMAN_OPENAPI");
        return;
    };
    let packages = ["PyYAML==6.0.3", "jsonschema==4.26.0", "rfc3339-validator==0.1.4"];
    let Some(python) = interdict_testkit::python(&home.path(""), &packages) else { return };
    let token = key(&home);
    let service = Service::start(&home, "watchman");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/tests/clients/run_watchman.py");
    let mut run = Command::new(&python);
    run.arg(script).arg(openapi).arg(format!("http://{}", service.address)).arg(&token);
    let output = run.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    println!("{text}");
    assert!(output.status.success(), "{text}");
}

#[test]
fn open_refine_finds_all_that_the_manifest_of_reconcile_promises() {
    let home = listed();
    // The protocol's published schemas are not kept here; a folder with them is checked against as well.
    let schemas = std::env::var_os("INTERDICT_RECONCILIATION_SCHEMAS").map(PathBuf::from);
    let packages = ["jsonschema==4.26.0"];
    let Some(python) = interdict_testkit::python(&home.path(""), &packages) else { return };
    assert_eq!(home.run(&["ledger", "init", "--origin", "example.org/test"]).code, Some(0));
    let token = key(&home);
    let service = Service::start(&home, "yente");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/tests/clients/run_reconcile.py");
    let mut run = Command::new(&python);
    run.arg(script).arg(format!("http://{}", service.address)).arg(&token);
    if let Some(schemas) = &schemas {
        assert!(schemas.join("manifest.json").is_file(), "INTERDICT_RECONCILIATION_SCHEMAS: {}", schemas.display());
        run.arg(schemas);
    } else {
        eprintln!("INTERDICT_RECONCILIATION_SCHEMAS names no folder with the published schemas: they are not compared");
    }
    let output = run.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    println!("{text}");
    assert!(output.status.success() && text.lines().count() == 6, "{text}");
    service.end();
    let shown = home.run(&["ledger", "show", "--kind", "screening", "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(shown.as_array().unwrap().len(), 7, "three in a form, three in the address, one refused: {shown}");
}

#[test]
fn a_collection_that_stands_for_other_lists_now_is_replayed_as_it_was() {
    let home = listed();
    assert_eq!(home.run(&["ledger", "init", "--origin", "example.org/test"]).code, Some(0));
    for (file, id, name) in
        [("block.json", "z-1", "Zebedee Oyelaran"), ("leaks.json", "m-1", "Marigold Featherstonehaugh")]
    {
        let person = json!({"id": id, "schema": "Person", "target": true, "properties": {"name": [name]}});
        home.file(file, person.to_string().as_bytes());
    }
    let update = |held: &str| {
        let text = format!(
            "datasets:\n  - {{name: customer_blocklist, title: Customers, path: block.json, version: '1'}}\n  \
             - {{name: leaks, path: leaks.json, version: '1'}}\n  - {{name: full, title: Full index, datasets: [{held}]}}\n"
        );
        let manifest = home.file("manifest.yml", text.as_bytes());
        let run = home.run(&["lists", "update", "--manifest", &manifest]);
        assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    };
    let token = key(&home);
    let example = json!({"schema": "Person", "properties": {"name": ["Marigold Featherstonehaugh"]}});
    let query = json!({"query": "Marigold Featherstonehaugh"});
    let mut asked = Vec::new();
    for (held, outcome) in [("customer_blocklist, leaks", "hit"), ("customer_blocklist", "clear")] {
        update(held);
        let service = Service::start(&home, "yente");
        let (_, catalog) = service.ask("GET", "/catalog", &token, "");
        let catalog: Value = serde_json::from_str(&catalog).unwrap();
        let of = |name: &str| catalog["datasets"].as_array().unwrap().iter().find(|one| one["name"] == name).cloned();
        assert_eq!(of("customer-blocklist").unwrap()["title"], "Customers", "{catalog}");
        let full = of("full").unwrap();
        assert_eq!(full["title"], "Full index");
        assert_eq!(full["children"].as_array().unwrap().len(), held.split(',').count(), "{full}");
        let body = json!({"queries": {"q": example}}).to_string();
        let (head, body) = service.ask("POST", "/match/full?limit=3", &token, &body);
        assert!(head.starts_with("HTTP/1.1 200"), "{head}\n{body}");
        let form = format!("queries={}", json!({"q0": query}));
        let kind = "application/x-www-form-urlencoded";
        let (head, body) = service.send("POST", "/reconcile/default?include_dataset=full", &token, kind, &form);
        assert!(head.starts_with("HTTP/1.1 200"), "{head}\n{body}");
        service.end();
        asked.push((json!({"interface": "yente", "dataset": "full", "query": "limit=3", "example": example}), outcome));
        let query = json!({"interface": "yente-reconcile", "dataset": "default", "query": "include_dataset=full", "example": query});
        asked.push((query, outcome));
    }
    // What names stand for now is not asked.
    std::fs::remove_file(home.path("home/collections.json")).unwrap();
    replayed(&home, &asked);
}

#[test]
fn what_a_drop_in_answered_is_proven_and_replayed_to_the_byte() {
    let home = Home::new();
    assert_eq!(home.run(&["ledger", "init", "--origin", "example.org/test"]).code, Some(0));
    let token = key(&home);
    let person = json!({"schema": "Person", "properties": {"name": ["Yun Ho-jin"], "birthDate": "1944"}});
    let nobody = json!({"schema": "Person", "properties": {"name": ["---"]}});
    let mut asked = Vec::new();
    let service = Service::start(&home, "yente");
    for (path, query, example) in [
        ("/match/default?limit=2&threshold=0.8", "limit=2&threshold=0.8", &person),
        ("/match/default?topics=sanction", "topics=sanction", &person),
        ("/match/default", "", &nobody),
    ] {
        let (head, body) = service.ask("POST", path, &token, &json!({"queries": {"q": example}}).to_string());
        let outcome = if example == &person { "hit" } else { "not_done" };
        let status = if example == &person { "200" } else { "400" };
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}\n{body}");
        asked.push((json!({"interface": "yente", "dataset": "default", "query": query, "example": example}), outcome));
    }
    // Queries of OpenRefine: each is an entry of its own, however many come together.
    let queries = [
        (json!({"query": "Yun Ho-jin"}), "hit"),
        (
            json!({"query": "Yun Ho-jin", "type": "Person", "limit": 1, "properties": [{"pid": "birthDate", "v": "1944"}]}),
            "hit",
        ),
        (json!({"query": "Yun Ho-jin", "type": "Vessel"}), "clear"),
        (json!({"query": "Josefine Musterfrau", "limit": 7}), "clear"),
    ];
    for (query, together) in [("", &queries[..]), ("topics=sanction", &queries[1..2]), ("topics=poi", &queries[..1])] {
        let all: serde_json::Map<String, Value> =
            together.iter().enumerate().map(|(n, (one, _))| (format!("q{n}"), one.clone())).collect();
        let escaped: String = Value::from(all).to_string().bytes().map(|byte| format!("%{byte:02x}")).collect();
        let form = format!("queries={escaped}");
        let path = format!("/reconcile/default?{query}");
        let (head, body) = service.send("POST", &path, &token, "application/x-www-form-urlencoded", &form);
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("interdict-entry: "), "{head}\n{body}");
        for (one, outcome) in together {
            let outcome = if query == "topics=poi" { "clear" } else { outcome };
            let input = json!({"interface": "yente-reconcile", "dataset": "default", "query": query, "example": one});
            asked.push((input, outcome));
        }
    }
    let form = format!("queries={}", json!({"q0": {"query": "---"}}));
    let (head, body) = service.send("POST", "/reconcile/default", &token, "application/x-www-form-urlencoded", &form);
    assert!(head.starts_with("HTTP/1.1 400"), "{head}\n{body}");
    let nobody = json!({"query": "---"});
    asked.push((
        json!({"interface": "yente-reconcile", "dataset": "default", "query": "", "example": nobody}),
        "not_done",
    ));
    service.end();
    let service = Service::start(&home, "watchman");
    for (query, outcome) in
        [("type=person&name=Yun+Ho-jin&minMatch=0.7&sourceID=KPi.001", "hit"), ("name=Josefine+Musterfrau", "clear")]
    {
        let (head, body) = service.ask("GET", &format!("/v2/search?{query}"), &token, "");
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("interdict-entry: "), "{head}\n{body}");
        asked.push((json!({"interface": "watchman", "query": query}), outcome));
    }
    service.end();
    replayed(&home, &asked);
}

/// Whether the ledger has just these questions with these outcomes, each proven and asked again to the byte.
fn replayed(home: &Home, asked: &[(Value, &str)]) {
    let shown = home.run(&["ledger", "show", "--kind", "screening", "--format", "json"]);
    let shown: Vec<Value> = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(shown.len(), asked.len(), "{shown:?}");
    for (entry, (question, outcome)) in shown.iter().zip(asked) {
        let number = entry["index"].as_u64().or(entry["entry"].as_u64()).unwrap().to_string();
        let receipt = home.run(&["ledger", "receipt", &number]);
        assert_eq!(receipt.code, Some(0), "{}", receipt.err);
        let receipt = home.file("r.json", receipt.out.as_bytes());
        assert_eq!(home.run(&["ledger", "prove", &receipt]).code, Some(0));
        let party = home.file("question.json", question.to_string().as_bytes());
        let run = home.run(&["replay", &receipt, "--party", &party]);
        assert_eq!(run.code, Some(0), "{question}: {}{}", run.out, run.err);
        assert!(run.out.contains(&format!("the same answer, to the byte: {outcome}")), "{question}: {}", run.out);
        assert_eq!(entry["outcome"], *outcome, "{question}");
    }
}
