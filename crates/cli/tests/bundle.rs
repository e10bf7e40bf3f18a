//! Lists carried over in a signed bundle: made here, checked and used there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use common::{Home, Run, UN};
use interdict_testkit::real_data;
use serde_json::Value;

/// A home with the invented list and a list of one's own, and a key.
fn with_key() -> Home {
    let home = Home::with_un();
    let own = home.file("blocked.csv", "Kunde,Geb\nBartholomew Quistgaard,1960-01-02\n".as_bytes());
    let run = home.run(&["lists", "import", &own, "--as", "watch", "--map", "Kunde=name", "--map", "Geb=born"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    ok(&home.run(&["lists", "bundle", "key", "new", "carrier.key", "--name", "lists.example"]));
    home
}

fn ok(run: &Run) -> &Run {
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    run
}

fn fails(run: &Run, part: &str) {
    assert_eq!(run.code, Some(2), "{}{}", run.out, run.err);
    assert!(run.err.contains(part), "`{part}` is not in: {}", run.err);
}

/// Copies a file of one home into another; its path there.
fn carry(from: &Home, name: &str, to: &Home) -> String {
    to.file(name, &std::fs::read(from.path(name)).unwrap())
}

fn take(home: &Home, bundle: &str) -> Run {
    home.run(&["lists", "update", "--json", "--from", bundle, "--trust", "carrier.key.pub"])
}

fn outcomes(run: &Run) -> Vec<(String, String)> {
    let value: Value = serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {}{}", run.out, run.err));
    let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    value["lists"].as_array().unwrap().iter().map(|line| (text(line, "list"), text(line, "outcome"))).collect()
}

#[test]
fn lists_are_carried_over_whole_and_screen_the_same() {
    let (here, there) = (with_key(), Home::new());
    let run = here.run(&["lists", "bundle", "create", "lists.tar.gz", "--key", "carrier.key", "--json"]);
    let made: Value = serde_json::from_str(&ok(&run).out).unwrap();
    let text = made["manifest"].to_string();
    assert!(!text.contains(here.path("").to_str().unwrap()), "no path of this machine goes out: {text}");
    carry(&here, "lists.tar.gz", &there);
    carry(&here, "carrier.key.pub", &there);
    let run = there.run(&["lists", "bundle", "verify", "lists.tar.gz", "--key", "carrier.key.pub"]);
    assert!(ok(&run).out.contains("verified") && run.out.contains("un-sc/un.xml"), "{}", run.out);
    let run = take(&there, "lists.tar.gz");
    assert_eq!(ok(&run).out.matches("\"new\"").count(), 2, "{}", run.out);
    let screened = |home: &Home, name: &str| home.run(&["screen", name, "--format", "json"]);
    for name in ["Orsolya Vanderploeg", "Bartholomew Quistgaard", "Nobody Atall"] {
        let (a, b) = (screened(&here, name), screened(&there, name));
        let hits = |run: &Run| serde_json::from_str::<Value>(&run.out).unwrap()["hits"].clone();
        assert_eq!((a.code, hits(&a)), (b.code, hits(&b)), "{name}");
    }
    let versions = |home: &Home| {
        let lists: Value = serde_json::from_str(&home.run(&["lists", "--json"]).out).unwrap();
        lists.as_array().unwrap().iter().map(|list| list["content"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(versions(&here), versions(&there), "content by hash");
    let run = take(&there, "lists.tar.gz");
    assert!(ok(&run).out.matches("\"unchanged\"").count() == 2, "{}", run.out);
    let run =
        there.run(&["lists", "update", "un-sc", "--json", "--from", "lists.tar.gz", "--trust", "carrier.key.pub"]);
    assert_eq!(outcomes(ok(&run)), [("un-sc".to_owned(), "unchanged".to_owned())]);
}

#[test]
fn an_older_bundle_is_not_used_again() {
    let (here, there) = (with_key(), Home::new());
    carry(&here, "carrier.key.pub", &there);
    ok(&here.run(&["lists", "bundle", "create", "first.tar.gz", "un-sc", "--key", "carrier.key"]));
    let later =
        here.file("later.xml", UN.replace("2031-02-03T", "2031-03-02T").replace("TEODRIC", "TEODORIK").as_bytes());
    ok(&here.run(&["lists", "import", &later]));
    ok(&here.run(&["lists", "bundle", "create", "second.tar.gz", "un-sc", "--key", "carrier.key"]));
    let (first, second) = (carry(&here, "first.tar.gz", &there), carry(&here, "second.tar.gz", &there));
    ok(&take(&there, &first));
    assert_eq!(outcomes(ok(&take(&there, &second))), [("un-sc".to_owned(), "updated".to_owned())]);
    fails(&take(&there, &first), "before the bundle of ");
    assert_eq!(there.run(&["screen", "Teodorik Mbekilovic"]).code, Some(1), "the newer one serves");
    // Without that memory the date of the list itself is what is left, and doubts it.
    std::fs::remove_file(there.path("home/bundles.json")).unwrap();
    let run = take(&there, &first);
    assert_eq!((run.code, outcomes(&run)), (Some(2), vec![("un-sc".to_owned(), "quarantined".to_owned())]));
    take(&there, &second);
    fails(&take(&there, &first), "before the bundle of ");
}

#[test]
fn what_is_not_signed_by_the_trusted_key_is_not_used() {
    let (here, there) = (with_key(), Home::new());
    ok(&here.run(&["lists", "bundle", "create", "lists.tar.gz", "--key", "carrier.key"]));
    carry(&here, "lists.tar.gz", &there);
    fails(&there.run(&["lists", "update", "--from", "lists.tar.gz"]), "--trust PUB");
    ok(&there.run(&["lists", "bundle", "key", "new", "other", "--name", "lists.example"]));
    let run = there.run(&["lists", "update", "--from", "lists.tar.gz", "--trust", "other.pub"]);
    fails(&run, "cannot be trusted");
    fails(
        &there.run(&["lists", "update", "--from", "lists.tar.gz", "--trust", "other"]),
        "a secret key where a public",
    );
    fails(&there.run(&["lists", "bundle", "key", "new", "other", "--name", "x"]), "something stands there");
    carry(&here, "carrier.key.pub", &there);
    let whole = std::fs::read(there.path("lists.tar.gz")).unwrap();
    let mut altered = whole.clone();
    let at = whole.len() * 2 / 3;
    altered[at] ^= 1;
    for (name, bytes) in [("altered", &altered[..]), ("cut", &whole[..whole.len() / 2]), ("list", UN.as_bytes())] {
        let path = there.file(name, bytes);
        let run = take(&there, &path);
        fails(&run, "hint: ");
        assert!(there.run(&["lists", "--json"]).out.trim() == "[]", "{name}: nothing of it is in use");
    }
    let empty = Home::new();
    ok(&empty.run(&["lists", "bundle", "key", "new", "k", "--name", "x"]));
    fails(&empty.run(&["lists", "bundle", "create", "out", "--key", "k"]), "no lists in use");
    assert!(!empty.path("out").exists());
}

#[test]
fn real_lists_are_carried_over_with_the_date_that_was_given_for_them() {
    let Some(set) = real_data("ofac/2018-01-26") else { return };
    let (here, there) = (Home::new(), Home::new());
    ok(&here.run(&["lists", "import", set.to_str().unwrap(), "--published", "2018-01-26"]));
    ok(&here.run(&["lists", "bundle", "key", "new", "carrier.key", "--name", "lists.example"]));
    ok(&here.run(&["lists", "bundle", "create", "lists.tar.gz", "--key", "carrier.key"]));
    carry(&here, "carrier.key.pub", &there);
    carry(&here, "lists.tar.gz", &there);
    let run = take(&there, "lists.tar.gz");
    let value: Value = serde_json::from_str(&ok(&run).out).unwrap();
    let version = &value["lists"][0]["version"];
    assert_eq!((&version["list"], &version["published"]), (&"ofac-sdn".into(), &"2018-01-26".into()), "{version}");
    assert_eq!(there.run(&["screen", "Kim Jong Un"]).code, Some(1));
}
