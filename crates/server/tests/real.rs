//! The drop-ins over real lists: publishers' files and a list in FollowTheMoney, where they are on this machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::sync::Arc;
use std::time::Instant;

use common::{get, send, serve};
use interdict_server::compat::{Compat, Stored, watchman, yente};
use interdict_store::{Home, Import};
use interdict_testkit::real_data;
use serde_json::{Value, json};

#[test]
fn un_and_people_of_wikidata_answer_as_with_yente() {
    let (Some(un), Some(people)) =
        (real_data("un/2026-02-27_un_consolidated.xml"), real_data("ftm/wd_persons_2024-03-09/entities.ftm.json"))
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    for path in [&un, &people] {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let report =
            home.import(&Import { files: vec![(name, std::fs::read(path).unwrap())], ..Import::default() }).unwrap();
        assert!(report.refused.is_empty(), "{:?}", report.refused);
    }
    let compat = Compat::new(Arc::new(Stored::new(home)));
    let at = serve(yente::router(compat.clone()).merge(watchman::router(compat)));

    let catalogue = get(at, "/catalog").json();
    let names: Vec<&str> = catalogue["current"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert!(names.contains(&"un_sc_sanctions"), "{names:?}");
    let own = *names.iter().find(|name| **name != "un_sc_sanctions").unwrap();

    // Under the name of OpenSanctions and under ours.
    let body =
        json!({"queries": {"q": {"schema": "Person", "properties": {"name": "Yun Ho Chin", "birthDate": "1944"}}}});
    for dataset in ["un_sc_sanctions", "un-sc", "default"] {
        let answer = send(at, "POST", &format!("/match/{dataset}"), &[], &body.to_string());
        let first = answer.json()["responses"]["q"]["results"][0].clone();
        assert_eq!(first["datasets"], json!(["un_sc_sanctions"]), "{dataset}: {first}");
        assert!(first["referents"].to_string().contains("un-sc:KPi.001"), "{first}");
        let by_reference = get(at, "/entities/un-sc:KPi.001");
        assert_eq!(by_reference.status, 308);
        let there = get(at, by_reference.header("location").unwrap());
        assert_eq!(there.json()["id"], first["id"]);
        assert!(there.json()["properties"]["sanctions"][0]["properties"]["listingDate"].is_array(), "{}", there.body);
    }

    // Entities of a FollowTheMoney list keep their ids and properties.
    let source = std::fs::read_to_string(&people).unwrap();
    let mut compared = 0;
    for line in source.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        // The others stand by: they are relatives, not listed themselves.
        if line["target"] != true {
            continue;
        }
        let id = line["id"].as_str().unwrap();
        let handed = get(at, &format!("/entities/{id}?nested=false")).json();
        assert_eq!((&handed["id"], &handed["schema"]), (&line["id"], &line["schema"]), "{handed}");
        let names = |entity: &Value| {
            let mut names: Vec<String> =
                entity["properties"]["name"].as_array().into_iter().flatten().map(ToString::to_string).collect();
            names.sort();
            names
        };
        assert_eq!(names(&handed), names(&line), "{id}");
        compared += 1;
    }
    assert_eq!(compared, 20);

    // Screening one of them by its own example finds it.
    let person: Value = source
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|one| one["target"] == true)
        .unwrap();
    let body = json!({"queries": {"self": person}});
    let answer = send(at, "POST", &format!("/match/{own}"), &[], &body.to_string()).json();
    assert_eq!(answer["responses"]["self"]["results"][0]["id"], person["id"], "{answer}");

    let info = get(at, "/v2/listinfo").json();
    assert_eq!(info["lists"]["un_csl"], 1003, "{info}");
    let found = get(at, "/v2/search?name=Yun+Ho+Chin&type=person&source=un_csl").json();
    assert_eq!(found["entities"][0]["sourceList"], "un_csl", "{found}");

    let begun = Instant::now();
    for _ in 0..100 {
        assert_eq!(send(at, "POST", "/match/default", &[], &body.to_string()).status, 200);
    }
    eprintln!("100 requests to /match, one after another, each on its own connection: {:?}", begun.elapsed());
}
