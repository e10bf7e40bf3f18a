//! `interdict serve` has lists updated from their publishers when a list administrator asks for it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;
mod spoken;

use std::time::{Duration, Instant};

use common::{Home, UN};
use interdict_testkit::http::{Server, respond};
use serde_json::Value;
use spoken::Spoken;

#[test]
fn an_update_over_http_fetches_and_the_service_answers_from_it() {
    let publisher = Server::start(|asked, _, stream| match asked.path.as_str() {
        "/un.xml" => respond(stream, "200 OK", &[("ETag", "\"1\"")], UN.as_bytes()),
        _ => respond(stream, "404 Not Found", &[], b"not here"),
    });
    let home = Home::new();
    std::fs::create_dir_all(home.path("home")).unwrap();
    let sources = format!(
        "[[source]]\nlist = \"un-sc\"\nurl = \"{}\"\n[[source]]\nlist = \"gone\"\nurl = \"{}\"\n",
        publisher.url("/un.xml"),
        publisher.url("/gone.csv")
    );
    home.file("home/sources.toml", sources.as_bytes());
    let key = home.run(&["keys", "new", "lists", "--role", "list_admin,analyst"]);
    let service = Spoken::start(&home, &["--allow-http", "--allow-private", "--no-proxy"], key.out.trim());
    let update = |body: &str| {
        let (status, begun) = service.json("POST", "/v1/updates", body);
        assert_eq!(status, 202, "{begun}");
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let (_, update) = service.json("GET", begun["address"].as_str().unwrap(), "");
            if update["status"] != "under_way" {
                return update;
            }
            assert!(Instant::now() < until, "{update}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let screened =
        || -> Value { service.json("POST", "/v1/screen", r#"{"party": {"name": "Xanthippe Quillfeather"}}"#).1 };
    assert_eq!(screened()["starter"], true);
    let done = update(r#"{"lists": ["un-sc"]}"#);
    assert_eq!((&done["status"], &done["result"]["lists"][0]["outcome"]), (&"done".into(), &"new".into()), "{done}");
    assert_eq!((&screened()["starter"], &screened()["lists"][0]["list"]), (&false.into(), &"un-sc".into()));
    let done = update(r#"{"lists": ["un-sc"]}"#);
    assert_eq!(done["result"]["lists"][0]["outcome"], "unchanged", "{done}");
    let done = update(r#"{"lists": ["gone"]}"#);
    assert_eq!(
        (&done["status"], &done["result"]["lists"][0]["outcome"]),
        (&"incomplete".into(), &"failed".into()),
        "{done}"
    );
    let done = update(r#"{"lists": ["nowhere"]}"#);
    assert_eq!(done["status"], "failed");
    assert!(done["problem"].as_str().unwrap().contains("no source for a list `nowhere`\nhint:"), "{done}");
}
