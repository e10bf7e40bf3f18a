//! Answers of the service in the ledger: recorded before they are shown, with receipts that hold.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use interdict_ledger::Receipt;
use interdict_state::Role;
use interdict_store::Home;
use interdict_store::ledger::{LogFiles, verify};
use jiff::Timestamp;
use serde_json::Value;
use service::{LIST, Service, import};

fn with_ledger() -> Service {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), "own", LIST);
    Home::at(folder.path()).ledger().init("test.example/log", Timestamp::UNIX_EPOCH).unwrap();
    Service::over(folder, |settings| settings.anonymous = Role::ALL.to_vec())
}

/// Whether a receipt is of this answer to the question about this party.
fn fits(receipt: &Receipt, record: &Value, party: &Value) -> bool {
    let opening = receipt.opening.as_ref().unwrap();
    let answered = receipt.answer.entry.event.answered().unwrap();
    opening.record.to_string() == record.as_str().unwrap() && opening.fits(answered.input, party).is_ok()
}

#[test]
fn an_answer_has_a_receipt_that_holds() {
    let mut service = with_ledger();
    let body = r#"{"party": {"name": "Orsolya Vanderploeg"}}"#;
    let answer = service.post("/v1/screen", body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    let entry = answer["recording"]["entry"].as_u64().unwrap();
    let receipt = service.get(&format!("/v1/receipts/{entry}"));
    assert_eq!(receipt.status, 200, "{}", receipt.text());
    assert!(!receipt.text().contains("Orsolya"), "a receipt names nobody");
    let receipt = Receipt::parse(&receipt.body).unwrap();
    let files = LogFiles::at(service.folder.path().join("ledger"));
    let key = files.key().unwrap();
    receipt.check(&key).unwrap();
    assert!(fits(&receipt, &answer["record"], &answer["party"]));
    // another party, or another answer, does not fit it
    assert!(!fits(&receipt, &answer["record"], &serde_json::json!({})));

    let decided =
        service.post("/v1/check", r#"{"facts": {"activity": "goods", "seller": "Quill"}, "on": "2018-01-05"}"#).json();
    assert_eq!(decided["recording"]["entry"].as_u64(), Some(entry + 2), "after its basis: {decided}");

    let batch = service.ask("POST", "/v1/screen/batch", &[], r#"{"name": "Ansgar Thistlewood"}"#.to_owned().as_bytes());
    let lines = batch.text();
    let row: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let of_row = row["recording"]["entry"].as_u64().unwrap();
    let receipt = Receipt::parse(&service.get(&format!("/v1/receipts/{of_row}")).body).unwrap();
    receipt.check(&key).unwrap();
    assert!(fits(&receipt, &row["screening"]["record"], &row["screening"]["party"]));

    for (path, status) in [("/v1/receipts/0", 404), ("/v1/receipts/99999", 404), ("/v1/receipts/x", 400)] {
        assert_eq!(service.get(path).status, status, "{path}");
    }
    // other lists: their coming into use is on record before an answer rests on them
    import(service.folder.path(), "own", &format!("{LIST}Q-4,Wilhelmina Dogberry,person,,\n"));
    let party = r#"{"party": {"name": "Wilhelmina Dogberry"}}"#;
    while service.post("/v1/screen", party).json()["outcome"] != "hit" {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    service.end();
    // at the end all of it stands in the files that others check
    let verified = verify(&files, &key, &[]).unwrap();
    assert!(verified.findings.is_empty(), "{:?}", verified.findings);
    assert_eq!(verified.kinds["list_change"], 2, "{:?}", verified.kinds);
    assert!(verified.kinds["screening"] >= 3 && verified.kinds["decision"] == 1, "{:?}", verified.kinds);
}

#[test]
fn without_a_ledger_nothing_says_that_there_is_one() {
    let service = Service::open();
    let answer = service.post("/v1/screen", r#"{"party": {"name": "Orsolya Vanderploeg"}}"#).json();
    assert!(answer.get("recording").is_none());
    let receipt = service.get("/v1/receipts/1");
    assert_eq!(receipt.status, 404);
    assert!(receipt.text().contains("ledger init"), "{}", receipt.text());
}
