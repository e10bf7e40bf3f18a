//! Events of `interdict monitor` sent to real receivers on loopback: taken, refused, late, dead, elsewhere.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::collections::BTreeSet;
use std::net::TcpListener;

use common::{Home, Run};
use interdict_testkit::http::{Server, respond};
use interdict_testkit::webhook::{piped, trusted};
use serde_json::Value;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const WAY: [&str; 3] = ["--no-proxy", "--allow-http", "--allow-private"];

/// A home with three parties, two of them listed.
fn home() -> Home {
    let home = Home::new();
    let list = b"id,name,programme\n1,Orsolya Vanderploeg,A\n2,Gudrun Sigurbjornsdottir,A\n3,Filler Person,A\n";
    let list = home.file("own.csv", list);
    assert_eq!(home.run(&["lists", "import", &list, "--as", "own"]).code, Some(0));
    let parties = b"id,name\nC-1,Orsolya Vanderploeg\nC-2,Gudrun Sigurbjornsdottir\nC-3,Teodric Mbekilovic\n";
    let parties = home.file("parties.csv", parties);
    assert_eq!(home.run(&["monitor", "add", &parties]).code, Some(0));
    home
}

fn run(home: &Home, args: &[&str]) -> Run {
    let args: Vec<&str> = ["monitor"].iter().chain(args).copied().collect();
    let output = home.command(&args).env("INTERDICT_WEBHOOK_SECRET", SECRET).env("DESK_SECRET", SECRET).output();
    let output = output.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn with_way<'a>(args: &[&'a str]) -> Vec<&'a str> {
    args.iter().chain(&WAY).copied().collect()
}

fn settings(home: &Home, url: &str, more: &str) {
    let text = format!(
        "[[webhook]]\nname = \"desk\"\nurl = \"{url}\"\nsecret_env = \"DESK_SECRET\"\nallow_http = true\nallow_private = true\n{more}"
    );
    home.file("home/webhooks.toml", text.as_bytes());
}

/// A server that says one status after another; the last one stays.
fn says(statuses: &'static [&'static str]) -> Server {
    Server::start(move |_, number, stream| {
        let status = statuses[(number - 1).min(statuses.len() - 1)];
        respond(stream, status, &[("Retry-After", "3600")][..usize::from(status.starts_with("429"))], b"");
    })
}

/// What a receiver got, each by its id, once its signature was checked.
fn got(server: &Server) -> Vec<(String, Value)> {
    server
        .asked()
        .iter()
        .map(|asked| {
            let (id, body) = trusted(asked, SECRET);
            (id, serde_json::from_str(&body).unwrap())
        })
        .collect()
}

fn ids(server: &Server) -> BTreeSet<String> {
    got(server).into_iter().map(|(id, _)| id).collect()
}

fn dead() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/hook", listener.local_addr().unwrap())
}

#[test]
fn a_run_sends_the_events_it_tells() {
    let (home, server) = (home(), says(&["200 OK"]));
    let url = server.url("/hook");
    let done = run(&home, &with_way(&["run", "--format", "jsonl", "--webhook", &url]));
    assert_eq!(done.code, Some(1), "{}", done.err);
    let mut told: Vec<Value> = done.json_lines();
    let got = got(&server);
    assert_eq!((told.len(), got.len()), (2, 2));
    for (id, body) in &got {
        assert_eq!(body["type"], "monitor.hit.new");
        let at = told.iter().position(|event| *event == body["data"]).unwrap_or_else(|| panic!("{body}"));
        let event = told.remove(at);
        assert_eq!(*id, format!("evt_{}", &event["record"].as_str().unwrap()[..32]));
        assert_eq!(body["timestamp"], event["at"]);
    }
    // nothing new, nothing left
    let again = run(&home, &with_way(&["deliver", "--webhook", &url]));
    assert!(again.code == Some(0) && again.out.contains("0 events delivered, 0 not"), "{}{}", again.out, again.err);
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn trouble_of_the_moment_is_tried_again_in_the_same_run() {
    let (home, server) = (home(), says(&["500 Oops", "502 Bad Gateway", "200 OK"]));
    let done = run(&home, &with_way(&["run", "--webhook", &server.url("/hook")]));
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert_eq!((server.asked().len(), ids(&server).len()), (4, 2), "two events, two of their attempts failed");
}

#[test]
fn a_dead_receiver_loses_nothing_and_is_sent_the_same_ids_later() {
    let home = home();
    settings(&home, &dead(), "");
    let done = run(&home, &["run", "--within", "1", "--no-proxy"]);
    assert_eq!(done.code, Some(2), "told, and not delivered: {}", done.err);
    assert!(done.out.contains("C-1") && done.err.contains("webhook desk: 2 events are not delivered"), "{}", done.err);
    assert!(done.err.contains("hint: `interdict monitor deliver`"), "{}", done.err);
    let listed = run(&home, &["webhook", "list", "--json"]);
    let listed: Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!((&listed[0]["waiting"], &listed[0]["standing"]["from"]), (&Value::from(2), &Value::from(1)));
    // another event comes meanwhile
    let list = b"id,name,programme\n1,Orsolya Vanderploeg,A\n2,Gudrun Sigurbjornsdottir,A\n3,Teodric Mbekilovic,A\n";
    let list = home.file("own.csv", list);
    let import =
        home.run(&["lists", "import", &list, "--as", "own", "--accept", "canaries,shrunk", "--reason", "a test"]);
    assert_eq!(import.code, Some(0), "{}", import.err);
    assert_eq!(run(&home, &["run", "--within", "1", "--no-proxy"]).code, Some(2));
    // it lives again, elsewhere: first it takes one, then all
    let weak = says(&["200 OK", "503 Busy"]);
    settings(&home, &weak.url("/hook"), "");
    let part = run(&home, &["deliver", "--within", "1", "--no-proxy"]);
    assert!(part.code == Some(2) && part.out.contains("desk: 1 event delivered, 2 not"), "{}{}", part.out, part.err);
    let (taken, _) = got(&weak).remove(0);
    let well = says(&["200 OK"]);
    settings(&home, &well.url("/hook"), "");
    let whole = run(&home, &["deliver", "--no-proxy", "--json"]);
    assert_eq!(whole.code, Some(0), "{}{}", whole.out, whole.err);
    let whole: Value = serde_json::from_str(&whole.out).unwrap();
    assert_eq!((&whole[0]["delivered"], &whole[0]["undelivered"]), (&Value::from(2), &Value::from(0)));
    let rest = ids(&well);
    assert!(rest.len() == 2 && !rest.contains(&taken), "{rest:?}");
    assert!(ids(&weak).is_subset(&rest.iter().cloned().chain([taken]).collect()), "the same ids");
    assert_eq!(run(&home, &["deliver", "--no-proxy"]).code, Some(0));
    assert_eq!(well.asked().len(), 2, "nothing is sent twice that was taken");
}

#[test]
fn a_receiver_that_asks_for_time_is_not_called_before() {
    let (home, server) = (home(), says(&["429 Too Many Requests", "200 OK"]));
    settings(&home, &server.url("/hook"), "events = [\"new\"]\n");
    let done = run(&home, &["run", "--no-proxy", "--format", "jsonl"]);
    assert!(done.code == Some(2) && done.err.contains("429 Too Many Requests"), "{}", done.err);
    assert!(done.err.contains("asks to come back in 3600 s; not before "), "{}", done.err);
    let before = server.asked().len();
    let later = run(&home, &["deliver", "--no-proxy"]);
    assert!(later.code == Some(2) && later.err.contains("asked to be called later"), "{}", later.err);
    assert_eq!(server.asked().len(), before);
    assert_eq!(run(&home, &["deliver", "--no-proxy", "--at-once"]).code, Some(0));
    assert_eq!(ids(&server).len(), 2);
}

#[test]
fn events_go_nowhere_they_were_not_meant_to_go() {
    let (home, other) = (home(), says(&["200 OK"]));
    let location = other.url("/else");
    let server =
        Server::start(move |_, _, stream| respond(stream, "307 Temporary Redirect", &[("Location", &location)], b""));
    let url = server.url("/hook");
    let done = run(&home, &with_way(&["run", "--webhook", &url]));
    assert!(done.code == Some(2) && done.err.contains("a redirect is not followed"), "{}", done.err);
    assert_eq!(other.asked().len(), 0);
    let refused = run(&home, &["deliver", "--webhook", &other.url("/hook"), "--no-proxy", "--allow-http"]);
    assert!(refused.code == Some(2) && refused.err.contains("a loopback address"), "{}", refused.err);
    assert!(refused.err.contains("hint: ") && refused.err.contains("--allow-private"), "{}", refused.err);
    let refused = run(&home, &["deliver", "--webhook", &other.url("/hook"), "--no-proxy", "--allow-private"]);
    assert!(refused.code == Some(2) && refused.err.contains("--allow-http"), "{}", refused.err);
    assert_eq!(other.asked().len(), 0);
}

#[test]
fn a_receiver_has_the_events_it_wants() {
    let (home, server) = (home(), says(&["200 OK"]));
    settings(&home, &server.url("/hook"), "events = [\"gone\"]\n");
    assert_eq!(run(&home, &["run", "--no-proxy"]).code, Some(1));
    assert_eq!(server.asked().len(), 0);
    assert_eq!(home.run(&["monitor", "remove", "C-2"]).code, Some(0));
    assert_eq!(run(&home, &["run", "--no-proxy"]).code, Some(1));
    let got = got(&server);
    assert_eq!((got.len(), &got[0].1["type"]), (1, &Value::from("monitor.hit.gone")));
}

#[test]
fn what_is_missing_is_said_before_anything_is_run() {
    let home = home();
    let bare = home.run(&["monitor", "run", "--webhook", "https://desk.example/hook"]);
    assert!(bare.code == Some(2) && bare.err.contains("`INTERDICT_WEBHOOK_SECRET` is not set"), "{}", bare.err);
    assert!(bare.err.contains("hint: make a secret with `interdict monitor webhook secret`"), "{}", bare.err);
    let unknown = run(&home, &["run", "--webhook", "nobody"]);
    assert!(unknown.code == Some(2) && unknown.err.contains("there is no receiver `nobody`"), "{}", unknown.err);
    settings(&home, "https://desk.example/hook", "colour = \"red\"\n");
    let wrong = run(&home, &["run"]);
    assert!(wrong.code == Some(2) && wrong.err.contains("unknown field `colour`"), "{}", wrong.err);
    let status: Value = serde_json::from_str(&home.run(&["monitor", "status", "--json"]).out).unwrap();
    assert_eq!(status["last"], Value::Null, "no run was made");
    let none = Home::new().run(&["monitor", "deliver"]);
    assert!(none.code == Some(2) && none.err.contains("there is no receiver"), "{}", none.err);
}

#[test]
fn a_secret_is_made_tried_and_checked() {
    let (home, server) = (home(), says(&["200 OK", "200 OK", "403 Forbidden"]));
    settings(&home, &server.url("/hook"), "");
    let tried = run(&home, &["webhook", "test", "--no-proxy"]);
    assert!(tried.code == Some(0) && tried.out.contains("taken: desk answers `200`"), "{}{}", tried.out, tried.err);
    let asked = server.asked().remove(0);
    let (id, body) = trusted(&asked, SECRET);
    let (at, signature) = (asked.header("webhook-timestamp").unwrap(), asked.header("webhook-signature").unwrap());
    let check = |body: &str, key: &[&str]| {
        let file = home.file("body.json", body.as_bytes());
        let args = ["webhook", "verify", &file, "--id", &id, "--timestamp", at, "--signature", signature];
        run(&home, &args.iter().chain(key).copied().collect::<Vec<_>>())
    };
    assert_eq!(check(&body, &[]).code, Some(0));
    let altered = check(&body.replace("nothing", "something"), &[]);
    assert!(altered.code == Some(1) && altered.out.contains("does not fit"), "{}", altered.out);
    // a pair: the receiver has the public half alone
    let file = home.path("desk.secret");
    let made = home.run(&["monitor", "webhook", "secret", "--ed25519", "--out", file.to_str().unwrap()]);
    assert_eq!(made.code, Some(0), "{}", made.err);
    assert!(!made.out.contains("whsk_") && made.out.contains("whpk_"), "{}", made.out);
    let more = format!("secret_file = \"{}\"\n", file.display());
    settings(&home, &server.url("/hook"), "");
    let text = std::fs::read_to_string(home.path("home/webhooks.toml")).unwrap();
    home.file("home/webhooks.toml", text.replace("secret_env = \"DESK_SECRET\"\n", &more).as_bytes());
    assert_eq!(run(&home, &["webhook", "test", "--no-proxy"]).code, Some(0));
    let asked = server.asked().remove(1);
    let header = |name: &str| asked.header(name).unwrap();
    assert!(header("webhook-signature").starts_with("v1a,"));
    let body = home.file("body.json", &asked.body);
    let public = std::fs::read_to_string(format!("{}.pub", file.display())).unwrap();
    let args = ["webhook", "verify", &body, "--id", header("webhook-id"), "--timestamp", header("webhook-timestamp")];
    let args = [&args[..], &["--signature", header("webhook-signature"), "--key", public.trim()]].concat();
    assert_eq!(run(&home, &args).code, Some(0));
    let refused = run(&home, &["webhook", "test", "--no-proxy"]);
    assert!(
        refused.code == Some(2) && refused.err.contains("403") && refused.err.contains("hint: "),
        "{}",
        refused.err
    );
}

/// The receiver's snippets of the documentation do what they say.
#[test]
fn the_documented_receivers_check_what_is_sent() {
    let (home, server) = (home(), says(&["200 OK"]));
    assert_eq!(run(&home, &with_way(&["run", "--webhook", &server.url("/hook")])).code, Some(1));
    let asked = server.asked().remove(0);
    let docs = std::fs::read_to_string(common::root().join("docs/monitoring.md")).unwrap();
    let block = |fence: &str| {
        let (_, rest) = docs.split_once(&format!("```{fence}\n")).unwrap_or_else(|| panic!("no {fence}"));
        rest.split_once("\n```").unwrap().0.to_owned()
    };
    let header = |name: &str| asked.header(name).unwrap();
    let altered = String::from_utf8(asked.body.clone())
        .unwrap()
        .replacen("Orsolya", "Ursulya", 1)
        .replacen("Gudrun", "Gudrin", 1);
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: String = names.iter().map(|name| format!("{name:?}: {:?}, ", header(name))).collect();
    let driver = "\nimport sys\nprint(is_genuine(HEADERS, sys.stdin.buffer.read(), SECRET))\n";
    let driver = driver.replace("HEADERS", &format!("{{{headers}}}")).replace("SECRET", &format!("{SECRET:?}"));
    let python = format!("{}{driver}", block("python"));
    let shell = format!("{} < \"$BODY\"", block("bash").replace("$(cat body.json)", "$(cat)"));
    let shell = format!(
        "WEBHOOK_ID='{}'; WEBHOOK_TIMESTAMP='{}'; SECRET='{SECRET}'\n{}",
        header("webhook-id"),
        header("webhook-timestamp"),
        shell.replace(" < \"$BODY\"", "")
    );
    for (body, genuine) in [(asked.body.as_slice(), true), (altered.as_bytes(), false)] {
        if std::process::Command::new("python3").arg("--version").output().is_ok() {
            let said = String::from_utf8(piped("python3", &["-c", &python], body)).unwrap();
            assert_eq!(said.trim(), if genuine { "True" } else { "False" });
        } else {
            eprintln!("skipped: no python3 on this machine");
        }
        let said = String::from_utf8(piped("bash", &["-c", &shell], body)).unwrap();
        assert_eq!(header("webhook-signature").split(' ').any(|one| one == said.trim()), genuine, "{said}");
    }
}

#[test]
fn a_switch_of_policy_sends_its_events_and_a_trial_sends_none() {
    let (home, server) = (home(), says(&["200 OK"]));
    settings(&home, &server.url("/hook"), "");
    assert_eq!(run(&home, &["run", "--no-proxy"]).code, Some(1));
    // both names are exact: only a list that is asked for alone takes a hit away
    let list = home.file("other.csv", b"id,name\n1,Filler Person\n2,Other Filler\n");
    assert_eq!(home.run(&["lists", "import", &list, "--as", "other"]).code, Some(0));
    assert_eq!(run(&home, &["run", "--no-proxy"]).code, Some(0));
    assert_eq!(server.asked().len(), 2);
    let tried = run(&home, &["replay", "--list", "other", "--no-proxy"]);
    assert_eq!((tried.code, server.asked().len()), (Some(1), 2), "{}", tried.err);
    let applied = run(&home, &["replay", "--list", "other", "--no-proxy", "--apply"]);
    assert_eq!(applied.code, Some(1), "{}", applied.err);
    let kinds: Vec<Value> = got(&server).into_iter().skip(2).map(|(_, body)| body["type"].clone()).collect();
    assert_eq!(kinds, ["monitor.hit.gone", "monitor.hit.gone"]);
}
