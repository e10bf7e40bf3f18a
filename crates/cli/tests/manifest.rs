//! `interdict lists update --manifest` against a server on loopback: data sets, delta files, and what goes wrong.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use common::{Home, Run};
use interdict_testkit::http::{Server, head, respond};
use serde_json::{Value, json};

/// What a server has, which a test may exchange.
type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

fn person(id: &str, name: &str) -> String {
    let properties = json!({"name": [name], "topics": ["sanction"]});
    json!({"id": id, "schema": "Person", "caption": name, "target": true, "datasets": ["leaks"],
        "properties": properties})
    .to_string()
}

fn entities(of: &[(&str, &str)]) -> Vec<u8> {
    of.iter().flat_map(|(id, name)| (person(id, name) + "\n").into_bytes()).collect()
}

fn delta(of: &[(&str, &str, &str)]) -> Vec<u8> {
    let line = |(op, id, name): &(&str, &str, &str)| match *op {
        "DEL" => format!("{{\"op\":\"DEL\",\"entity\":{{\"id\":\"{id}\"}}}}\n"),
        _ => format!("{{\"op\":\"{op}\",\"entity\":{}}}\n", person(id, name)),
    };
    of.iter().flat_map(|of| line(of).into_bytes()).collect()
}

const FIRST: [(&str, &str); 3] =
    [("a-1", "Orsolya Vanderploeg"), ("c-3", "Bartholomew Quistgaard"), ("e-5", "Marlowe Okonkwo-Lindqvist")];
const LAST: [(&str, &str); 4] = [
    ("a-1", "Orsolya Vanderploeg"),
    ("b-2", "Ignatius Mbekilovic"),
    ("c-3", "Bartholomew Quistgaard-Oyelaran"),
    ("d-4", "Thessaly Brandvold"),
];

fn sha1(bytes: &[u8]) -> String {
    use sha1::Digest;
    sha1::Sha1::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The index of a catalogue whose one data set has a version, a file and perhaps a checksum.
fn index(version: &str, file: &str, checksum: Option<&str>) -> Vec<u8> {
    json!({"datasets": [
        {"name": "leaks", "title": "Leaked names", "version": version, "delta_url": "delta.json", "resources": [
            {"name": "entities.ftm.json", "url": file, "mime_type": "application/json+ftm", "checksum": checksum}]},
        {"name": "other", "title": "Another", "version": "1", "entities_url": "gone.json"},
    ]})
    .to_string()
    .into_bytes()
}

/// A publisher of three versions: `20310101-a`, `20310102-b` and `20310103-c`; the first is the present one.
fn publisher() -> (Files, Server) {
    let (first, last) = (entities(&FIRST), entities(&LAST));
    let b = delta(&[("ADD", "b-2", "Ignatius Mbekilovic"), ("MOD", "c-3", "Bartholomew Quistgaard-Oyelaran")]);
    let c = delta(&[("DEL", "e-5", ""), ("ADD", "d-4", "Thessaly Brandvold")]);
    let versions = json!({"versions": {
        "20310101-a": "a.delta.json", "20310102-b": "b.delta.json", "20310103-c": "/c/c.delta.json"}});
    let files = BTreeMap::from([
        ("/m/index.json".to_owned(), index("20310101-a", "a/entities.ftm.json", Some(&sha1(&first)))),
        ("/m/a/entities.ftm.json".to_owned(), first),
        ("/m/c/entities.ftm.json".to_owned(), last),
        ("/m/delta.json".to_owned(), versions.to_string().into_bytes()),
        ("/m/b.delta.json".to_owned(), b),
        ("/c/c.delta.json".to_owned(), c),
    ]);
    let files: Files = Arc::new(Mutex::new(files));
    let served = Arc::clone(&files);
    let server = Server::start(move |asked, number, stream| {
        let Some(bytes) = served.lock().unwrap().get(&asked.path).cloned() else {
            return respond(stream, "404 Not Found", &[("Content-Type", "text/html")], b"<html>not here</html>");
        };
        if bytes.starts_with(b"slow") {
            std::thread::sleep(std::time::Duration::from_secs(6));
        }
        if bytes.starts_with(b"cut") {
            head(stream, "200 OK", &[("Content-Length", "100000"), ("ETag", &format!("\"{number}\""))]);
            let _ = std::io::Write::write_all(stream, b"{\"op\":\"DEL\",\"entity\":{\"id\":\"e-5\"}}\n");
            return;
        }
        respond(stream, "200 OK", &[], &bytes);
    });
    (files, server)
}

fn set(files: &Files, path: &str, bytes: Vec<u8>) {
    files.lock().unwrap().insert(path.to_owned(), bytes);
}

/// The newest version becomes the present one.
fn publish_last(files: &Files, with_checksum: bool) {
    let checksum = with_checksum.then(|| sha1(&entities(&LAST)));
    set(files, "/m/index.json", index("20310103-c", "c/entities.ftm.json", checksum.as_deref()));
}

fn manifest_of(home: &Home, server: &Server) -> String {
    let text = format!("catalogs:\n  - url: {}\n    scope: leaks\n", server.url("/m/index.json"));
    home.file("manifest.yml", text.as_bytes())
}

fn update(home: &Home, args: &[&str]) -> Run {
    home.run(&[&["lists", "update", "--json", "--allow-http", "--allow-private", "--no-proxy"], args].concat())
}

fn line(run: &Run, list: &str) -> Value {
    let value: Value = serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {}{}", run.out, run.err));
    let found = value["lists"].as_array().unwrap().iter().find(|line| line["list"] == list);
    found.cloned().unwrap_or_else(|| panic!("no {list}: {}{}", run.out, run.err))
}

/// The id of what is in use of a list.
fn content(home: &Home, list: &str) -> String {
    let current: Value = serde_json::from_slice(&std::fs::read(home.path("home/current.json")).unwrap()).unwrap();
    let held = current["lists"].as_array().unwrap().iter().find(|held| held["list"] == list).unwrap();
    held["content"].as_str().unwrap_or_else(|| panic!("{held}")).to_owned()
}

/// What a home that fetched the newest version whole has in use.
fn whole() -> String {
    let (files, server) = publisher();
    publish_last(&files, true);
    let home = Home::new();
    let run = update(&home, &["--manifest", &manifest_of(&home, &server)]);
    assert_eq!((run.code, line(&run, "leaks")["outcome"].as_str()), (Some(0), Some("new")), "{}{}", run.out, run.err);
    content(&home, "leaks")
}

#[test]
fn delta_files_lead_to_the_very_content_of_the_whole_file() {
    let (files, server) = publisher();
    let home = Home::new();
    let manifest = manifest_of(&home, &server);
    let run = update(&home, &["--manifest", &manifest]);
    assert_eq!((run.code, line(&run, "leaks")["outcome"].as_str()), (Some(0), Some("new")), "{}{}", run.out, run.err);
    assert_eq!(home.run(&["screen", "Marlowe Okonkwo-Lindqvist"]).code, Some(1));
    let run = update(&home, &["--manifest", &manifest]);
    assert_eq!((run.code, line(&run, "leaks")["how"].as_str()), (Some(0), Some("same version")), "{}", run.out);
    assert_eq!(update(&home, &["--check", "--manifest", &manifest]).code, Some(0));

    publish_last(&files, true);
    assert_eq!(update(&home, &["--check", "--manifest", &manifest]).code, Some(1));
    let before = server.asked().len();
    let run = update(&home, &["--manifest", &manifest]);
    let leaks = line(&run, "leaks");
    assert_eq!((run.code, leaks["outcome"].as_str()), (Some(0), Some("updated")), "{}{}", run.out, run.err);
    assert_eq!(leaks["files"][0]["deltas"], json!({"files": 2, "added": 2, "changed": 1, "removed": 1}));
    assert_eq!(leaks["changes"], json!({"added": 2, "removed": 1, "changed": 1}));
    let paths: Vec<String> = server.asked()[before..].iter().map(|asked| asked.path.clone()).collect();
    assert_eq!(paths, ["/m/index.json", "/m/delta.json", "/m/b.delta.json", "/c/c.delta.json"]);
    assert_eq!(content(&home, "leaks"), whole(), "as if it had been fetched whole");
    assert_eq!(home.run(&["screen", "Marlowe Okonkwo-Lindqvist"]).code, Some(0));
    assert_eq!(home.run(&["screen", "Thessaly Brandvold"]).code, Some(1));
    assert_eq!(line(&update(&home, &["--manifest", &manifest]), "leaks")["how"], "same version");
}

#[test]
fn a_broken_chain_is_told_and_the_whole_file_is_fetched() {
    let wanted = whole();
    let gap = json!({"versions": {"20310102-b": "b.delta.json", "20310103-c": "/c/c.delta.json"}}).to_string();
    let misses = json!({"versions": {"20310101-a": "a.delta.json", "20310103-c": "/c/c.delta.json"}}).to_string();
    let aside = json!({"versions": {"20310101-a": "a", "20310103-c": "file:///etc/passwd"}}).to_string();
    let forged = delta(&[("ADD", "b-2", "Somebody Else"), ("MOD", "c-3", "Bartholomew Quistgaard-Oyelaran")]);
    for (path, bytes, part) in [
        ("/m/delta.json", gap.into_bytes(), "begin at `20310102-b`"),
        ("/m/delta.json", misses.into_bytes(), "another file than the catalogue's: its SHA-1"),
        ("/m/delta.json", aside.into_bytes(), "names a file of this computer"),
        ("/m/delta.json", b"<html></html>".to_vec(), "a web page came"),
        ("/m/b.delta.json", forged, "another file than the catalogue's: its SHA-1"),
        ("/m/b.delta.json", delta(&[("MOD", "x-9", "Nobody")]), "changes or takes away `x-9`, which is not there"),
        ("/m/b.delta.json", b"{\"op\":\"ADD\",\"enti".to_vec(), "line 1"),
        ("/m/b.delta.json", b"cut".to_vec(), "the connection was cut"),
        ("/m/b.delta.json", b"slow".to_vec(), "b.delta.json"),
    ] {
        let (files, server) = publisher();
        let home = Home::new();
        let manifest = manifest_of(&home, &server);
        assert_eq!(update(&home, &["--manifest", &manifest]).code, Some(0), "{part}");
        publish_last(&files, true);
        set(&files, path, bytes);
        let run = update(&home, &["--timeout", "4", "--manifest", &manifest]);
        let leaks = line(&run, "leaks");
        assert_eq!((run.code, leaks["outcome"].as_str()), (Some(0), Some("updated")), "{part}: {}{}", run.out, run.err);
        let why = leaks["files"][0]["no_deltas"].as_str().unwrap_or_else(|| panic!("{part}: {leaks}"));
        assert!(why.contains(part), "{part}: {why}");
        assert_eq!(content(&home, "leaks"), wanted, "{part}");
    }
}

#[test]
fn without_a_checksum_the_index_must_name_the_newest_and_the_guard_judges() {
    let (files, server) = publisher();
    let home = Home::new();
    let manifest = manifest_of(&home, &server);
    assert_eq!(update(&home, &["--manifest", &manifest]).code, Some(0));
    set(&files, "/m/index.json", index("20310104-d", "a/entities.ftm.json", None));
    let run = update(&home, &["--manifest", &manifest]);
    let why = line(&run, "leaks")["files"][0]["no_deltas"].to_string();
    assert!(why.contains("does not name `20310104-d`"), "{}", run.out);
    // The first version was fetched whole again as that of the fourth day. All are taken away on the fifth.
    let versions = json!({"versions": {"20310104-d": "d.json", "20310105-e": "e.delta.json"}}).to_string();
    set(&files, "/m/delta.json", versions.into_bytes());
    set(&files, "/m/e.delta.json", delta(&[("DEL", "a-1", ""), ("DEL", "c-3", ""), ("DEL", "e-5", "")]));
    set(&files, "/m/index.json", index("20310105-e", "a/entities.ftm.json", None));
    let run = update(&home, &["--manifest", &manifest]);
    assert_ne!((run.code, line(&run, "leaks")["outcome"].as_str()), (Some(0), Some("updated")), "{}", run.out);
    assert_eq!(run.code, Some(2), "{}", run.out);
    assert_eq!(home.run(&["screen", "Marlowe Okonkwo-Lindqvist"]).code, Some(1), "the old version serves");

    // As yente does: applied although the result has another checksum.
    let (files, server) = publisher();
    let home = Home::new();
    let manifest = manifest_of(&home, &server);
    set(&files, "/m/index.json", index("20310101-a", "x/entities.ftm.json", None));
    set(&files, "/m/x/entities.ftm.json", entities(&FIRST));
    assert_eq!(update(&home, &["--manifest", &manifest]).code, Some(0));
    set(&files, "/m/index.json", index("20310103-c", "x/entities.ftm.json", Some(&"0".repeat(40))));
    let run = update(&home, &["--deltas", "trusted", "--manifest", &manifest]);
    assert_eq!(line(&run, "leaks")["files"][0]["deltas"]["files"], 2, "{}{}", run.out, run.err);
    let run = update(&home, &["--deltas", "off", "--fresh", "--manifest", &manifest]);
    assert_eq!((run.code, line(&run, "leaks")["outcome"].as_str()), (Some(2), Some("failed")), "{}", run.out);
}

#[test]
fn tokens_go_to_their_catalogue_only_and_are_never_shown() {
    let (files, server) = publisher();
    let (_, elsewhere) = publisher();
    set(&files, "/m/index.json", index("20310101-a", &elsewhere.url("/m/a/entities.ftm.json"), None));
    let home = Home::new();
    let text = format!(
        "catalogs: [{{url: '{}', scope: leaks, auth_token: '${{LEAKS_KEY}}'}}]\ndatasets: [{{name: own, path: own.json}}]\n",
        server.url("/m/index.json")
    );
    let manifest = home.file("manifest.yml", text.as_bytes());
    home.file("own.json", &entities(&[("z-1", "Zebedee Oyelaran")]));
    let args = ["lists", "update", "--json", "--allow-http", "--allow-private", "--no-proxy", "--manifest", &manifest];
    let run = home.run(&args);
    assert_eq!(run.code, Some(2), "{}", run.out);
    assert!(run.out.contains("`LEAKS_KEY` is not set in the environment"), "{}", run.out);
    assert_eq!(line(&run, "own")["outcome"], "new", "the others go on: {}", run.out);
    let output = home.command(&args).env("LEAKS_KEY", "hush-hush").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !told.contains("hush"), "{told}");
    let sent = |server: &Server| server.asked().last().unwrap().header("authorization").map(str::to_owned);
    assert_eq!((sent(&server).as_deref(), sent(&elsewhere)), (Some("Token hush-hush"), None));
    let kept = std::process::Command::new("grep").args(["-r", "hush-hush"]).arg(home.path("home")).output().unwrap();
    assert!(kept.stdout.is_empty(), "a secret is on disk");
    assert_eq!(home.run(&["screen", "Zebedee Oyelaran"]).code, Some(1));
}

#[test]
fn a_manifest_from_the_network_is_kept_away_from_this_computer() {
    let (files, server) = publisher();
    let home = Home::new();
    let own = home.file("own.json", &entities(&[("z-1", "Zebedee Oyelaran")]));
    set(&files, "/manifest.yml", format!("datasets: [{{name: own, path: {own}}}]").into_bytes());
    let address = server.url("/manifest.yml");
    let run = update(&home, &["--manifest", &address]);
    assert_eq!((run.code, line(&run, "own")["outcome"].as_str()), (Some(2), Some("failed")), "{}", run.out);
    assert!(run.out.contains("names a file of this computer") && run.out.contains("--allow-files"), "{}", run.out);
    let run = update(&home, &["--allow-files", "--manifest", &address]);
    assert_eq!((run.code, line(&run, "own")["outcome"].as_str()), (Some(0), Some("new")), "{}{}", run.out, run.err);
    // Addresses of the own network are refused in manifests as elsewhere.
    let run = home.run(&["lists", "update", "--allow-http", "--no-proxy", "--manifest", &manifest_of(&home, &server)]);
    assert!(run.code == Some(2) && run.err.contains("--allow-private"), "{}{}", run.out, run.err);
    let run = home.run(&["lists", "update", "--manifest", &home.path("nowhere.yml").display().to_string()]);
    assert!(run.code == Some(2) && run.err.contains("hint: "), "{}", run.err);
    let pipe = home.path("pipe.yml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let run = home.run(&["lists", "update", "--manifest", &pipe.display().to_string()]);
    assert!(run.code == Some(2) && run.err.contains("it is no file"), "{}", run.err);
}

#[test]
fn sources_toml_names_a_manifest_beside_other_sources() {
    let (_, server) = publisher();
    let home = Home::new();
    std::fs::create_dir_all(home.path("home")).unwrap();
    let text = format!("catalogs: [{{url: '{}', scope: leaks}}]", server.url("/m/index.json"));
    home.file("home/m.yml", text.as_bytes());
    home.file("home/sources.toml", b"manifest = \"m.yml\"\n");
    let run = update(&home, &["leaks"]);
    assert_eq!((run.code, line(&run, "leaks")["outcome"].as_str()), (Some(0), Some("new")), "{}{}", run.out, run.err);
    let run = update(&home, &["un-sx"]);
    assert!(run.code == Some(2) && run.err.contains("leaks"), "it is among the sources: {}", run.err);
    home.file("home/m.yml", b"catalog: []");
    let run = update(&home, &["leaks"]);
    assert!(run.code == Some(2) && run.err.contains("m.yml: no manifest"), "{}", run.err);
}
