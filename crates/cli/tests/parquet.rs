//! Parquet files of parties: screened and monitored as tables are, with bad rows and bad files told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::sync::Arc;

use common::Home;
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::Value;

const SCHEMA: &str = "message parties {
    optional binary Kundennummer (UTF8);
    optional binary name (UTF8);
    optional int32 born (DATE);
}";

/// A number, a name and a day of birth, in days from 1970.
type Party = (Option<&'static str>, Option<&'static [u8]>, Option<i32>);

/// A file of parties.
fn file(rows: &[Party]) -> Vec<u8> {
    let properties = Arc::new(WriterProperties::builder().set_compression(parquet::basic::Compression::SNAPPY).build());
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let levels = |is: &dyn Fn(usize) -> bool| (0..rows.len()).map(|row| i16::from(is(row))).collect::<Vec<_>>();
    for at in 0..3 {
        let mut column = group.next_column().unwrap().unwrap();
        if at == 2 {
            let days: Vec<i32> = rows.iter().filter_map(|row| row.2).collect();
            let levels = levels(&|row| rows[row].2.is_some());
            column.typed::<Int32Type>().write_batch(&days, Some(&levels), None).unwrap();
        } else {
            let text = |row: &Party| match at {
                0 => row.0.map(|text| ByteArray::from(text.as_bytes().to_vec())),
                _ => row.1.map(|bytes| ByteArray::from(bytes.to_vec())),
            };
            let texts: Vec<ByteArray> = rows.iter().filter_map(text).collect();
            let levels = levels(&|row| text(&rows[row]).is_some());
            column.typed::<ByteArrayType>().write_batch(&texts, Some(&levels), None).unwrap();
        }
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

fn parties() -> Vec<u8> {
    file(&[
        (Some("C-1"), Some(b"Orsolya Vanderploeg"), Some(618)),
        (Some("C-2"), Some(b"Gudrun Sigurbjornsdottir"), None),
        (Some("C-3"), None, Some(618)),
        (None, Some(b"Nobody Known"), None),
    ])
}

#[test]
fn parquet_is_screened_as_a_table_is() {
    let home = Home::with_un();
    let columns = home.file("p.parquet", &parties());
    let table = b"Kundennummer,name,born\nC-1,Orsolya Vanderploeg,1971-09-11\nC-2,Gudrun Sigurbjornsdottir,\nC-3,,1971-09-11\n,Nobody Known,\n";
    let table = home.file("p.csv", table);
    let screen = |file: &str| {
        let run = home.run(&["screen", file, "--map", "Kundennummer=id", "--format", "jsonl"]);
        let row = |row: &Value| (row["id"].clone(), row["status"].clone(), row["screening"].clone());
        (run.code, run.json_lines().iter().map(row).collect::<Vec<_>>(), run.err)
    };
    let ((code, rows, err), (code_of_table, rows_of_table, _)) = (screen(&columns), screen(&table));
    assert_eq!((code, rows.len()), (code_of_table, 4), "{err}");
    assert_eq!(rows[0].1, "hit");
    assert_eq!(rows, rows_of_table, "the same answers, to the record");
    assert!(err.contains("row 3: not screened"), "{err}");
}

#[test]
fn parquet_is_monitored_and_bad_rows_are_refused_with_their_number() {
    let home = Home::with_un();
    let path = home.file("p.parquet", &parties());
    let run = home.run(&["monitor", "add", &path, "--map", "Kundennummer=id", "--json"]);
    assert_eq!(run.code, Some(2), "{}{}", run.out, run.err);
    let summary: Value = serde_json::from_str(&run.out).unwrap();
    let refused: Vec<&str> =
        summary["refused"].as_array().unwrap().iter().map(|row| row["place"].as_str().unwrap()).collect();
    assert_eq!((summary["kept"].as_u64(), refused.len()), (Some(2), 2));
    assert!(refused[0].ends_with("p.parquet, row 3") && refused[1].ends_with("row 4"), "{refused:?}");
    let run = home.run(&["monitor", "run", "--format", "jsonl"]);
    assert_eq!((run.code, run.json_lines()[0]["party"]["id"].as_str()), (Some(1), Some("C-1")));
}

#[test]
fn bad_files_are_refused_with_a_reason() {
    let home = Home::with_un();
    let whole = parties();
    let cut = home.file("cut.parquet", &whole[..whole.len() - 5]);
    let mut encrypted = whole.clone();
    let end = whole.len() - 4;
    encrypted[end..].copy_from_slice(b"PARE");
    let encrypted = home.file("encrypted.parquet", &encrypted);
    let empty = home.file("empty.parquet", &file(&[]));
    for (path, part) in [(&cut, "no whole Parquet file"), (&encrypted, "encrypted"), (&empty, "no rows")] {
        for command in ["screen", "monitor add"] {
            let args: Vec<&str> = command.split(' ').chain([path.as_str()]).collect();
            let run = home.run(&args);
            assert!(
                run.code == Some(2) && run.err.contains(part) && run.err.contains("hint: "),
                "{args:?} {}",
                run.err
            );
            assert!(run.err.contains(path.as_str()) && !run.err.contains("panicked"), "{}", run.err);
        }
    }
    let run = home.run_with(&["screen", "-"], &whole);
    assert!(run.code == Some(2) && run.err.contains("give the file by its name"), "{}", run.err);
    // damaged in the middle of the data: what can be read is, and the rest is said not to have been
    let mut damaged = whole.clone();
    damaged[20..60].fill(0xff);
    let damaged = home.file("damaged.parquet", &damaged);
    let run = home.run(&["screen", &damaged, "--map", "Kundennummer=id", "--format", "jsonl"]);
    assert_eq!(run.code, Some(2), "{}{}", run.out, run.err);
    assert!(
        !run.err.contains("panicked") && (run.err.contains("not read") || run.err.contains("damaged")),
        "{}",
        run.err
    );
}

/// A file of columns of texts.
fn texts(columns: &[(&str, &[&str])]) -> Vec<u8> {
    let fields: String = columns.iter().map(|(name, _)| format!("required binary {name} (UTF8); ")).collect();
    let schema = Arc::new(parse_message_type(&format!("message m {{ {fields} }}")).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for (_, values) in columns {
        let values: Vec<ByteArray> = values.iter().map(|text| ByteArray::from(text.as_bytes().to_vec())).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn parquet_is_decided_as_a_table_is() {
    let home = Home::with_un();
    let bytes = texts(&[("activity", &["goods", "goods"]), ("hs", &["2701", "no code"]), ("from", &["kp", "kp"])]);
    let columns = home.file("s.parquet", &bytes);
    let table = home.file("s.csv", b"activity,hs,from\ngoods,2701,kp\ngoods,no code,kp\n");
    let check = |file: &str| {
        let run = home.run(&["check", file, "--on", "2018-01-05", "--law", "un", "--format", "jsonl"]);
        let row = |row: &Value| (row["verdict"].clone(), row["problems"].as_array().map(Vec::len));
        (run.code, run.json_lines().iter().map(row).collect::<Vec<_>>(), run.out)
    };
    let (code, rows, out) = check(&columns);
    let (code_of_table, rows_of_table, _) = check(&table);
    assert_eq!((code, &rows), (code_of_table, &rows_of_table), "{out}");
    assert!(rows.len() == 2 && rows[0].0.is_string() && rows[1].1 == Some(1), "{out}");
    assert!(out.contains("s.parquet, row 1"), "{out}");
}
