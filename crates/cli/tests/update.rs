//! `interdict lists update` against a server on loopback that serves invented and real lists.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};

use common::{Home, Run, UN};
use flate2::Compression;
use flate2::write::GzEncoder;
use interdict_testkit::http::{Server, head, respond};
use interdict_testkit::real_data;
use serde_json::Value;

/// Files a server serves, which a test may exchange.
type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A server that knows ETags, as the publishers' do.
fn publisher(files: &Files) -> Server {
    let files = Arc::clone(files);
    Server::start(move |asked, _, stream| {
        let Some(bytes) = files.lock().unwrap().get(&asked.path).cloned() else {
            return respond(stream, "404 Not Found", &[("Content-Type", "text/html")], b"<html>not here</html>");
        };
        let tag = format!("\"{}-{}\"", bytes.len(), bytes.iter().fold(0u64, |a, b| a.wrapping_mul(31) + u64::from(*b)));
        if asked.header("if-none-match") == Some(&tag) {
            return respond(stream, "304 Not Modified", &[("ETag", &tag)], b"");
        }
        if asked.header("accept-encoding").is_some_and(|accepted| accepted.contains("gzip")) {
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(&bytes).unwrap();
            return respond(
                stream,
                "200 OK",
                &[("ETag", &tag), ("Content-Encoding", "gzip")],
                &packed.finish().unwrap(),
            );
        }
        respond(stream, "200 OK", &[("ETag", &tag)], &bytes);
    })
}

fn files(of: &[(&str, &str)]) -> Files {
    Arc::new(Mutex::new(of.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()))
}

/// A home whose sources are those of a test alone.
fn home_with(sources: &str) -> Home {
    let home = Home::new();
    let off: String = ["un-sc", "ofac-sdn", "ofac-cons", "eu-fsf", "uk-sl", "ch-seco", "ca-sema", "us-csl"]
        .iter()
        .filter(|list| !sources.contains(&format!("\"{list}\"")))
        .map(|list| format!("[[source]]\nlist = \"{list}\"\noff = true\n"))
        .collect();
    std::fs::create_dir_all(home.path("home")).unwrap();
    home.file("home/sources.toml", format!("{off}{sources}").as_bytes());
    home
}

fn update(home: &Home, args: &[&str]) -> Run {
    let all = [&["lists", "update", "--json", "--allow-http", "--allow-private", "--no-proxy"], args].concat();
    home.run(&all)
}

/// Outcomes by list.
fn outcomes(run: &Run) -> BTreeMap<String, Value> {
    let value: Value = serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {}{}", run.out, run.err));
    let lines = value["lists"].as_array().unwrap().iter();
    lines.map(|line| (line["list"].as_str().unwrap().to_owned(), line.clone())).collect()
}

fn outcome(run: &Run, list: &str) -> String {
    outcomes(run).get(list).map_or_else(|| "none".to_owned(), |line| line["outcome"].as_str().unwrap().to_owned())
}

/// The invented list of a later day, with another person.
fn later() -> String {
    let person = "<INDIVIDUAL><DATAID>9</DATAID><VERSIONNUM>1</VERSIONNUM><FIRST_NAME>MARLOWE</FIRST_NAME>\
        <SECOND_NAME>OKONKWO-LINDQVIST</SECOND_NAME><UN_LIST_TYPE>Invented</UN_LIST_TYPE>\
        <REFERENCE_NUMBER>ZZi.009</REFERENCE_NUMBER><LISTED_ON>2031-03-01</LISTED_ON>\
        <SORT_KEY/><SORT_KEY_LAST_MOD/></INDIVIDUAL></INDIVIDUALS>";
    UN.replace("2031-02-03T", "2031-03-02T").replace("</INDIVIDUALS>", person)
}

#[test]
fn a_list_is_new_then_unchanged_then_updated_and_screening_follows() {
    let served = files(&[("/un.xml", UN)]);
    let server = publisher(&served);
    let home = home_with(&format!("[[source]]\nlist = \"un-sc\"\nurl = \"{}\"\n", server.url("/un.xml")));
    let run = update(&home, &[]);
    assert_eq!((run.code, outcome(&run, "un-sc").as_str()), (Some(0), "new"), "{}{}", run.out, run.err);
    assert_eq!(home.run(&["screen", "Marlowe Okonkwo-Lindqvist"]).code, Some(0));

    let run = update(&home, &[]);
    assert_eq!((run.code, outcome(&run, "un-sc").as_str()), (Some(0), "unchanged"));
    assert_eq!(outcomes(&run)["un-sc"]["how"], "not modified");
    assert!(server.asked()[1].header("if-none-match").is_some());
    let run = update(&home, &["--fresh"]);
    assert_eq!(outcomes(&run)["un-sc"]["how"], "same bytes");
    let check = update(&home, &["--check"]);
    assert_eq!((check.code, outcome(&check, "un-sc").as_str()), (Some(0), "unchanged"));

    served.lock().unwrap().insert("/un.xml".to_owned(), later().into_bytes());
    let check = update(&home, &["--check"]);
    assert_eq!((check.code, outcome(&check, "un-sc").as_str()), (Some(1), "newer"));
    assert_eq!(home.run(&["screen", "Marlowe Okonkwo-Lindqvist"]).code, Some(0), "asking changes nothing");
    let run = update(&home, &[]);
    let line = &outcomes(&run)["un-sc"];
    assert_eq!((run.code, line["outcome"].as_str()), (Some(0), Some("updated")), "{}{}", run.out, run.err);
    assert_eq!(line["changes"], serde_json::json!({"added": 1, "removed": 0, "changed": 0}));
    assert_eq!(line["replaces"]["published"], "2031-02-03");
    assert_eq!(home.run(&["screen", "Marlowe Okonkwo-Lindqvist"]).code, Some(1));
    assert!(std::fs::read_dir(home.path("home/downloads")).unwrap().next().is_none(), "nothing is left lying");

    let table = home.run(&["lists", "update", "--allow-http", "--allow-private", "--no-proxy"]);
    assert!(table.out.contains("unchanged") && table.out.contains("2031-03-02"), "{}", table.out);
    let sources = home.run(&["lists", "sources"]);
    assert!(sources.out.contains(&server.url("/un.xml")) && !sources.out.contains("never"), "{}", sources.out);
    home.file("home/sources.toml", b"");
    let official = home.run(&["lists", "sources", "--json"]);
    let official: Value = serde_json::from_str(&official.out).unwrap();
    assert!(official[0]["list"] == "un-sc" && official[0]["checked"].is_null(), "never asked there: {official}");
}

#[test]
fn what_fails_is_named_and_leaves_the_old_version_serving_while_others_go_on() {
    let watch = "name\nBartholomew Quistgaard\n";
    let served = files(&[("/un.xml", UN), ("/watch.csv", watch)]);
    let server = publisher(&served);
    let home = home_with(&format!(
        "[[source]]\nlist = \"un-sc\"\nurl = \"{}\"\n[[source]]\nlist = \"watch\"\nurl = \"{}\"\n",
        server.url("/un.xml"),
        server.url("/watch.csv")
    ));
    assert_eq!(update(&home, &[]).code, Some(0));
    let cut = &UN[..UN.len() - 40];
    let empty = format!("{}</CONSOLIDATED_LIST>", &UN[..UN.find("<INDIVIDUALS>").unwrap()]);
    let older = UN.replace("2031-02-03T", "2030-12-24T");
    let others = ["Ada Quistgaard", "Bo Quillfeather", "Cy Mbekilovic", "Di Vanderploeg", "Ed Lindqvist", "Fy Okonkwo"];
    let cases = [
        ("<!doctype html><html>We have moved</html>", "failed", "a web page came"),
        ("", "failed", "nothing came"),
        (cut, "refused", "not-well-formed|well-formed|ends|closed"),
        (empty.as_str(), "refused", ""),
        (older.as_str(), "quarantined", "older"),
        (
            "36,\"AEROCARIBBEAN AIRLINES\",-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n",
            "refused",
            "ofac-sdn",
        ),
    ];
    for (number, (what, expected, part)) in cases.into_iter().enumerate() {
        {
            let mut served = served.lock().unwrap();
            served.insert("/un.xml".to_owned(), what.as_bytes().to_vec());
            let name = format!("{watch}{}\n", others[number]);
            served.insert("/watch.csv".to_owned(), name.into_bytes());
        }
        let run = update(&home, &[]);
        assert_eq!(outcome(&run, "un-sc"), expected, "{what:.60}: {}{}", run.out, run.err);
        assert_eq!((run.code, outcome(&run, "watch").as_str()), (Some(2), "updated"), "{what:.60}: {}", run.out);
        assert!(part.split('|').any(|part| run.out.contains(part)), "{part}: {}", run.out);
        assert_eq!(home.run(&["screen", "Orsolya Vanderploeg"]).code, Some(1), "{what:.60}: the old version serves");
        // What is not used is not remembered: the next run tells it again.
        assert_eq!(outcome(&update(&home, &["un-sc"]), "un-sc"), expected, "{what:.60}");
    }
    served.lock().unwrap().remove("/un.xml");
    let run = home.run(&["lists", "update", "--allow-http", "--allow-private", "--no-proxy"]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("un-sc: failed: ") && run.err.contains("`404 Not Found`"), "{}", run.err);
    assert!(run.err.contains("hint: "), "{}", run.err);
    served.lock().unwrap().insert("/un.xml".to_owned(), UN.as_bytes().to_vec());
    assert_eq!(outcome(&update(&home, &[]), "un-sc"), "unchanged");
}

#[test]
fn a_transfer_that_ran_out_of_time_goes_on_in_the_next_run() {
    let server = Server::start(|asked, number, stream| {
        let body = UN.as_bytes();
        let tag = ("ETag", "\"un-1\"");
        if number == 1 {
            head(stream, "200 OK", &[tag, ("Content-Length", &body.len().to_string())]);
            let _ = stream.write_all(&body[..1000]);
            let _ = stream.flush();
            std::thread::sleep(std::time::Duration::from_secs(5));
            return;
        }
        assert_eq!((asked.header("range"), asked.header("if-range")), (Some("bytes=1000-"), Some("\"un-1\"")));
        let span = format!("bytes 1000-{}/{}", body.len() - 1, body.len());
        respond(stream, "206 Partial Content", &[tag, ("Content-Range", &span)], &body[1000..]);
    });
    let home = home_with(&format!("[[source]]\nlist = \"un-sc\"\nurl = \"{}\"\n", server.url("/un.xml")));
    let run = update(&home, &["--timeout", "1"]);
    assert_eq!((run.code, outcome(&run, "un-sc").as_str()), (Some(2), "failed"), "{}", run.out);
    assert!(run.out.contains("kept and resumed"), "{}", run.out);
    let run = update(&home, &[]);
    assert_eq!((run.code, outcome(&run, "un-sc").as_str()), (Some(0), "new"), "{}{}", run.out, run.err);
    let file = &outcomes(&run)["un-sc"]["files"][0];
    assert_eq!((&file["resumed_at"], &file["received"]), (&1000.into(), &(UN.len() - 1000).into()));
    assert_eq!(home.run(&["screen", "Orsolya Vanderploeg"]).code, Some(1));
}

#[test]
fn one_update_runs_at_a_time_and_an_uncertain_end_is_said() {
    let server = Server::start(|_, _, stream| {
        head(stream, "200 OK", &[]);
        std::thread::sleep(std::time::Duration::from_millis(1500));
        let _ = stream.write_all(b"name\nBartholomew Quistgaard\n");
    });
    let home = home_with(&format!("[[source]]\nlist = \"watch\"\nurl = \"{}\"\n", server.url("/watch.csv")));
    let mut first = home.command(&["lists", "update", "--allow-http", "--allow-private", "--no-proxy"]);
    let first = first.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    while server.asked().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let second = update(&home, &[]);
    assert!(second.code == Some(2) && second.err.contains("another update is under way"), "{}", second.err);
    let first = first.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&first.stderr);
    assert_eq!(first.status.code(), Some(0), "{err}");
    assert!(err.contains("watch: watch.csv: the server does not say how long it is"), "{err}");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_catalogue_leads_to_its_entities_and_tells_whether_they_came_whole() {
    let entity = r#"{"id":"x1","schema":"Person","properties":{"name":["Bartholomew Quistgaard"]}}"#;
    let index = |sum: &str| {
        format!(
            r#"{{"datasets":[{{"name":"mine","version":"1","resources":[{{"name":"entities.ftm.json","url":"e.json","checksum":"{sum}","size":{}}}]}}]}}"#,
            entity.len()
        )
    };
    let served = files(&[("/index.json", &index("0000000000000000000000000000000000000000")), ("/e.json", entity)]);
    let server = publisher(&served);
    let home = home_with(&format!(
        "[[source]]\nlist = \"mine\"\ncatalog = \"{}\"\ndataset = \"mine\"\nauthorization_env = \"MINE_AUTH\"\n",
        server.url("/index.json")
    ));
    let run = update(&home, &[]);
    assert!(run.out.contains("`MINE_AUTH` is not set"), "{}", run.out);
    let update = || {
        let mut command = home.command(&["lists", "update", "--json", "--allow-http", "--allow-private", "--no-proxy"]);
        let output = command.env("MINE_AUTH", "Token s3cret").output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    };
    let run = update();
    assert!(run.code == Some(2) && run.out.contains("its SHA-1 is "), "{}{}", run.out, run.err);
    let found = run.out.split("its SHA-1 is ").nth(1).unwrap()[..40].to_owned();
    served.lock().unwrap().insert("/index.json".to_owned(), index(&found).into_bytes());
    let run = update();
    assert_eq!((run.code, outcome(&run, "mine").as_str()), (Some(0), "new"), "{}{}", run.out, run.err);
    assert!(!run.out.contains("s3cret"));
    assert_eq!(server.asked().last().unwrap().header("authorization"), Some("Token s3cret"));
    assert_eq!(home.run(&["screen", "Bartholomew Quistgaard", "--list", "mine"]).code, Some(1));
    assert_eq!(outcome(&update(), "mine"), "unchanged");
}

#[test]
fn an_address_of_ones_own_and_files_carried_in_by_hand() {
    let served = files(&[("/blocked.csv", "Kunde,Geb\nBartholomew Quistgaard,1960-01-02\n")]);
    let server = publisher(&served);
    let home = home_with("");
    let url = server.url("/blocked.csv?key=s3cret");
    served.lock().unwrap().insert("/blocked.csv?key=s3cret".to_owned(), b"name\nBartholomew Quistgaard\n".to_vec());
    let run = update(&home, &["--source", &url, "--as", "watch"]);
    assert_eq!((run.code, outcome(&run, "watch").as_str()), (Some(0), "new"), "{}{}", run.out, run.err);
    assert!(!run.out.contains("s3cret"), "{}", run.out);
    assert_eq!(home.run(&["screen", "Bartholomew Quistgaard", "--list", "watch"]).code, Some(1));

    std::fs::create_dir_all(home.path("stick")).unwrap();
    home.file("stick/un.xml", UN.as_bytes());
    home.file("stick/notes.txt", b"\n");
    let run = home.run(&["lists", "update", "--json", "--from", "stick"]);
    assert_eq!((run.code, outcome(&run, "un-sc").as_str()), (Some(2), "new"), "{}{}", run.out, run.err);
    assert!(run.out.contains("notes.txt"), "what is no list is named: {}", run.out);
    std::fs::remove_file(home.path("stick/notes.txt")).unwrap();
    let run = home.run(&["lists", "update", "--json", "--from", "stick"]);
    assert_eq!((run.code, outcome(&run, "un-sc").as_str()), (Some(0), "unchanged"));
    home.file("stick/un.xml", later().as_bytes());
    let run = home.run(&["lists", "update", "--json", "--from", "stick"]);
    assert_eq!(outcomes(&run)["un-sc"]["changes"]["added"], 1, "{}", run.out);
    let mapped = home_with(&format!(
        "[[source]]\nlist = \"blocked\"\nurl = \"{}\"\nmap = {{ Kunde = \"name\", Geb = \"born\" }}\n",
        server.url("/blocked.csv")
    ));
    assert_eq!(outcome(&update(&mapped, &[]), "blocked"), "new");
    assert_eq!(mapped.run(&["screen", "Bartholomew Quistgaard", "--born", "1960-01-02"]).code, Some(1));
}

#[test]
fn refusals_of_the_command_itself() {
    let home = home_with("");
    let server = publisher(&files(&[("/a.csv", "name\nAda Quistgaard\n")]));
    let url = server.url("/a.csv");
    let plain = home.run(&["lists", "update", "--source", &url, "--as", "watch", "--no-proxy"]);
    assert!(plain.code == Some(2) && plain.err.contains("--allow-http"), "{}", plain.err);
    let private = home.run(&["lists", "update", "--source", &url, "--as", "watch", "--no-proxy", "--allow-http"]);
    assert!(private.err.contains("`127.0.0.1` is a loopback address"), "{}", private.err);
    assert!(private.err.contains("--allow-private"), "{}", private.err);
    assert!(server.asked().is_empty(), "nothing was connected to");
    let mut astray = home.command(&["lists", "update", "--source", &url, "--as", "watch", "--allow-http"]);
    let astray =
        astray.env("HTTPS_PROXY", "not a proxy").env_remove("ALL_PROXY").env_remove("all_proxy").output().unwrap();
    let err = String::from_utf8_lossy(&astray.stderr).into_owned();
    assert!(astray.status.code() == Some(2) && err.contains("HTTPS_PROXY: the proxy is no address"), "{err}");
    assert!(server.asked().is_empty(), "a proxy that cannot be used is not gone around");
    let named = home.run(&["lists", "update", "--source", &url, "--as", "../up"]);
    assert!(named.code == Some(2) && named.err.contains("`../up` cannot be the name of a list"), "{}", named.err);
    let unknown = home.run(&["lists", "update", "no-such-list"]);
    assert!(unknown.code == Some(2) && unknown.err.contains("no source for a list `no-such-list`"), "{}", unknown.err);
    home.file("home/sources.toml", b"[[source]]\nlist = \"a\"\nadress = \"x\"\n");
    let wrong = home.run(&["lists", "update"]);
    assert!(wrong.err.contains("sources.toml") && wrong.err.contains("unknown field `adress`"), "{}", wrong.err);
}

#[test]
fn real_publications_come_over_the_wire_whole() {
    let Some(data) =
        real_data("un/2025-09-03_un_consolidated.xml").map(|path| path.ancestors().nth(2).unwrap().to_owned())
    else {
        return;
    };
    let read = |name: &str| std::fs::read(data.join(name)).unwrap();
    let served: Files = Files::default();
    let put = |path: &str, name: &str| served.lock().unwrap().insert(path.to_owned(), read(name));
    put("/un.xml", "un/2025-09-03_un_consolidated.xml");
    put("/ca.xml", "other/ca_sema_2025-05.xml");
    put("/ch.xml", "formats/ch_seco_2026-08-27_3records.xml");
    put("/eu.xml", "eu/sample_fsf_1_1.xml");
    put("/uk.xml", "formats/uksl_2026-09-02_2records.xml");
    for name in ["sdn.csv", "alt.csv", "add.csv", "sdn_comments.csv"] {
        put(&format!("/{name}"), &format!("ofac/2021-07-07/{name}"));
    }
    let server = publisher(&served);
    let mut sources = String::new();
    for (list, path) in
        [("un-sc", "un.xml"), ("ca-sema", "ca.xml"), ("ch-seco", "ch.xml"), ("eu-fsf", "eu.xml"), ("uk-sl", "uk.xml")]
    {
        sources.push_str(&format!("[[source]]\nlist = \"{list}\"\nurl = \"{}\"\n", server.url(&format!("/{path}"))));
    }
    let set: Vec<String> =
        ["sdn.csv", "alt.csv", "add.csv", "sdn_comments.csv"].map(|name| server.url(&format!("/{name}"))).to_vec();
    sources.push_str(&format!("[[source]]\nlist = \"ofac-sdn\"\nurls = {set:?}\n"));
    let home = home_with(&sources);
    let run = update(&home, &[]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let lines = outcomes(&run);
    let listings = |list: &str| lines[list]["version"]["listings"].as_u64().unwrap();
    assert_eq!((listings("un-sc"), listings("ofac-sdn")), (879, 8_976));
    let ofac = lines["ofac-sdn"]["files"].as_array().unwrap();
    assert_eq!(ofac.len(), 4);
    let (sent, bytes) = ofac.iter().fold((0, 0), |(sent, bytes), file| {
        (sent + file["received"].as_u64().unwrap(), bytes + file["bytes"].as_u64().unwrap())
    });
    assert!(bytes == 3_501_438 && sent < bytes / 2, "{sent} of {bytes}: packed for the way");

    let run = update(&home, &[]);
    assert!(outcomes(&run).values().all(|line| line["how"] == "not modified"), "{}", run.out);

    // The autumn of 2025, where the UN put Iran back, in a home without the others.
    let home = home_with(&format!("[[source]]\nlist = \"un-sc\"\nurl = \"{}\"\n", server.url("/un.xml")));
    assert_eq!(update(&home, &[]).code, Some(0));
    put("/un.xml", "un/2025-11-15_un_consolidated.xml");
    let run = update(&home, &[]);
    assert_eq!(outcomes(&run)["un-sc"]["changes"]["added"], 123, "{}{}", run.out, run.err);
    put("/un.xml", "un/2025-11-20_un_consolidated.xml");
    let changes = &outcomes(&update(&home, &[]))["un-sc"]["changes"];
    assert_eq!(*changes, serde_json::json!({"added": 0, "removed": 0, "changed": 0}), "a timestamp alone");
    put("/un.xml", "un/malformed/2024-10-16_un_consolidated_unescaped_ampersands.xml");
    let run = update(&home, &["un-sc"]);
    assert_eq!((run.code, outcome(&run, "un-sc").as_str()), (Some(2), "refused"), "{}", run.out);
}
