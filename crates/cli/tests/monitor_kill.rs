//! `interdict monitor` is killed at random points of adding, running and allowing; what was told overall, put on
//! record and sent is what an undisturbed life tells.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::Home;
use interdict_testkit::Seeded;
use interdict_testkit::http::{Server, respond};
use interdict_testkit::webhook::trusted;
use serde_json::Value;

/// Rounds, each with a new version of the list and of the parties.
const ROUNDS: usize = 16;

/// Kills of one command before it is left alone: twice what is needed, as some end before they are killed.
const KILLS_EACH: u32 = 5;

/// Kills there are at least.
const KILLS: u32 = 100;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const NAMES: [&str; 8] = [
    "Orsolya Vanderploeg",
    "Gudrun Sigurbjornsdottir",
    "Teodric Mbekilovic",
    "Ignatius Quenneville",
    "Philomena Achterberg",
    "Radomir Szczepanski",
    "Xiomara Etchegaray",
    "Balthasar Lindqvist",
];

/// The list of a round: the first entry stays and changes its programme now and then, others come and go.
fn list(round: usize) -> String {
    let mut rows = format!("id,name,programme\n1,{},P{}\n", NAMES[0], round / 4);
    for (i, name) in NAMES.iter().enumerate().skip(1).filter(|(i, _)| !(round + i).is_multiple_of(3)) {
        rows.push_str(&format!("{},{name},P{}\n", i + 1, (round + i) / 5));
    }
    rows + "90,Filler Person,A\n91,Other Filler,A\n"
}

/// The parties of a round: the first stays, one comes, one is another.
fn parties(round: usize) -> String {
    let mut rows = format!("id,name\nC-0,{}\n", NAMES[0]);
    rows.push_str(&format!("C-{},{}\n", 1 + round % 7, NAMES[1 + round % 7]));
    rows + &format!("D-{},{}\n", round % 3, NAMES[(round * 3) % 8])
}

/// The commands of a round after its import.
fn commands(home: &Home, round: usize, url: &str) -> Vec<Vec<String>> {
    let file = home.file(&format!("parties-{round}.csv"), parties(round).as_bytes());
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<String>>();
    let way = format!("--webhook {url} --no-proxy --allow-http --allow-private");
    // on the last day of all, the entries of the allow-list have ended
    let today = if round + 1 == ROUNDS { " --today 2100-01-01" } else { "" };
    let mut all = vec![words("monitor add"), words(&format!("monitor run {way}{today}"))];
    all[0].push(file);
    if round + 2 < ROUNDS {
        all.push(words("monitor allow C-0 own:1 --reason seen --author jk --until 2099-12-31"));
    }
    all
}

fn import(home: &Home, round: usize) {
    let file = home.file("own.csv", list(round).as_bytes());
    let args = ["lists", "import", &file, "--as", "own", "--accept", "shrunk,canaries,older", "--reason", "a test"];
    let run = home.run(&args);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
}

fn begun() -> Home {
    let home = Home::new();
    assert_eq!(home.run(&["ledger", "init", "--origin", "example.com/log"]).code, Some(0));
    home
}

fn receiver() -> Server {
    Server::start(|_, _, stream| respond(stream, "200 OK", &[], b""))
}

/// What was told, in order, without what says when and in which run.
fn told(home: &Home) -> Vec<String> {
    let events = home.run(&["monitor", "events", "--since", "1", "--json"]);
    assert_eq!(events.code, Some(0), "{}", events.err);
    let bare = |mut event: Value| {
        let fields = event.as_object_mut().unwrap();
        ["record", "run", "at"].iter().for_each(|field| drop(fields.shift_remove(*field)));
        event.to_string()
    };
    events.json_lines().into_iter().map(bare).collect()
}

/// The events on record, in order.
fn on_record(home: &Home) -> Vec<String> {
    let verified = home.run(&["ledger", "verify"]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.err);
    let shown = home.run(&["ledger", "show", "--from", "0", "--kind", "monitoring", "--format", "jsonl"]);
    let outcome = |entry: &Value| entry["outcome"].as_str().unwrap().to_owned();
    let of_a_person = |outcome: &String| !["run", "allowed", "withdrawn"].contains(&outcome.as_str());
    shown.json_lines().iter().map(outcome).filter(of_a_person).collect()
}

/// The run that counts.
fn last_run(home: &Home) -> u64 {
    let state = std::fs::read_to_string(home.path("home/monitor/state.json")).unwrap_or_default();
    let state: Value = serde_json::from_str(&state).unwrap_or_default();
    state.pointer("/last/run").and_then(Value::as_u64).unwrap_or(0)
}

#[test]
fn a_kill_at_any_point_loses_no_event_and_tells_none_twice() {
    let (quiet, quiet_receiver) = (begun(), receiver());
    let mut takes: BTreeMap<String, Duration> = BTreeMap::new();
    for round in 0..ROUNDS {
        import(&quiet, round);
        for args in commands(&quiet, round, &quiet_receiver.url("/hook")) {
            let start = Instant::now();
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let run = quiet.command(&args).env("INTERDICT_WEBHOOK_SECRET", SECRET).output().unwrap();
            let code = run.status.code();
            assert!(matches!(code, Some(0 | 1)), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
            takes.insert(args[1].to_owned(), start.elapsed());
        }
    }
    let expected = told(&quiet);
    let kinds: BTreeSet<&str> = ["\"new\"", "\"changed\"", "\"gone\"", "\"reopened\"", "\"alert\":false"]
        .into_iter()
        .filter(|kind| expected.iter().any(|event| event.contains(kind)))
        .collect();
    assert!(kinds.len() >= 4 && expected.len() > 40, "{kinds:?} in {} events", expected.len());

    let (home, receiver) = (begun(), receiver());
    let url = receiver.url("/hook");
    let mut seeded = Seeded(5);
    let (mut kills, mut counted, mut attempts) = (0u32, 0u32, 0u32);
    for round in 0..ROUNDS {
        import(&home, round);
        for args in commands(&home, round, &url) {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let takes = takes.get_mut(args[1]).unwrap();
            let mut killed = 0;
            loop {
                attempts += 1;
                let before = last_run(&home);
                let mut command = home.command(&args);
                let command = command.env("INTERDICT_WEBHOOK_SECRET", SECRET).stdout(Stdio::null());
                let start = Instant::now();
                let mut child = command.stderr(Stdio::null()).spawn().unwrap();
                if killed < KILLS_EACH {
                    // half of them anywhere, half near the end, where the run comes to count and is sent
                    let share = if seeded.share() < 0.5 { seeded.share() } else { 0.6 + 0.4 * seeded.share() };
                    std::thread::sleep(takes.mul_f64(share));
                    if child.try_wait().unwrap().is_none() {
                        child.kill().unwrap();
                        child.wait().unwrap();
                        (killed, kills) = (killed + 1, kills + 1);
                        counted += u32::from(last_run(&home) > before);
                        *takes = takes.mul_f64(1.01);
                        continue;
                    }
                    // Quicker than it was, as on a machine that has less to do by now: the next kills come earlier.
                    *takes = (*takes).min(start.elapsed()).max(Duration::from_millis(1));
                }
                let code = child.wait().unwrap().code();
                assert!(matches!(code, Some(0 | 1)), "{args:?}: {code:?}");
                break;
            }
        }
    }
    println!(
        "{kills} kills in {attempts} attempts, {counted} of them after the run counted; {} events",
        expected.len()
    );
    assert!(kills >= KILLS && counted > 0, "{kills} kills, {counted} after a run counted");
    assert_eq!(told(&home), expected, "the same events, in the same order, each once");
    assert_eq!(on_record(&home), on_record(&quiet), "each event on record once");
    let allowed = |home: &Home| {
        let all: Value = serde_json::from_str(&home.run(&["monitor", "allow", "--json"]).out).unwrap();
        all.as_array().unwrap().iter().filter(|entry| entry["ended"].is_null()).count()
    };
    assert_eq!(allowed(&home), allowed(&quiet));

    let args = ["monitor", "deliver", "--webhook", &url, "--no-proxy", "--allow-http", "--allow-private"];
    let rest = home.command(&args).env("INTERDICT_WEBHOOK_SECRET", SECRET).output().unwrap();
    assert_eq!(rest.status.code(), Some(0), "{}", String::from_utf8_lossy(&rest.stderr));
    let mut sent: BTreeMap<String, String> = BTreeMap::new();
    let asked = receiver.asked();
    for asked in &asked {
        let (id, body) = trusted(asked, SECRET);
        let known = sent.entry(id.clone()).or_insert_with(|| body.clone());
        assert_eq!(*known, body, "{id} was sent with two contents");
    }
    let events = home.run(&["monitor", "events", "--since", "1", "--json"]).json_lines();
    let ids = events.iter().map(|event| format!("evt_{}", &event["record"].as_str().unwrap()[..32]));
    assert_eq!(sent.keys().cloned().collect::<BTreeSet<_>>(), ids.collect(), "each at least once, and nothing else");
    println!("{} posts for {} events", asked.len(), sent.len());
}
