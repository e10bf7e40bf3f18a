//! Files written by the test, whole and damaged at every place.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use interdict_parquet::{Row, is_parquet, open};
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};

const SCHEMA: &str = "message parties {
    required int64 id;
    optional binary name (UTF8);
    optional int32 born (DATE);
    optional double account;
    optional int64 since (TIMESTAMP(NANOS,false));
    optional group alias (LIST) { repeated group list { optional binary element (UTF8); } }
    optional binary note;
}";

fn text(text: &str) -> ByteArray {
    ByteArray::from(text.as_bytes().to_vec())
}

/// A file of so many groups of three rows each, of which the last has the note.
fn written(compression: Compression, groups: i64, note: &[u8]) -> Vec<u8> {
    let properties = Arc::new(WriterProperties::builder().set_compression(compression).build());
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, properties).unwrap();
    for group in 0..groups {
        let mut row_group = writer.next_row_group().unwrap();
        let mut at = 0;
        while let Some(mut column) = row_group.next_column().unwrap() {
            match at {
                0 => {
                    let ids = [group * 3 + 1, group * 3 + 2, group * 3 + 3];
                    column.typed::<Int64Type>().write_batch(&ids, None, None).unwrap();
                }
                1 => {
                    let names = [text("Orsolya Vanderploeg"), text("Анна Петрова")];
                    column.typed::<ByteArrayType>().write_batch(&names, Some(&[1, 0, 1]), None).unwrap();
                }
                2 => drop(column.typed::<Int32Type>().write_batch(&[618], Some(&[1, 0, 0]), None).unwrap()),
                3 => {
                    let accounts = [1001.0, f64::NAN, 0.5];
                    column.typed::<DoubleType>().write_batch(&accounts, Some(&[1, 1, 1]), None).unwrap();
                }
                4 => {
                    let moments = [53_395_200_000_000_000, 1];
                    column.typed::<Int64Type>().write_batch(&moments, Some(&[1, 1, 0]), None).unwrap();
                }
                5 => {
                    let aliases = [text("Orsi"), text("Orsika"), text("Anja")];
                    let (definition, repetition) = ([3, 3, 0, 3], [0, 1, 0, 0]);
                    column
                        .typed::<ByteArrayType>()
                        .write_batch(&aliases, Some(&definition), Some(&repetition))
                        .unwrap();
                }
                _ => {
                    let notes = [text("plain"), ByteArray::from(note.to_vec())];
                    column.typed::<ByteArrayType>().write_batch(&notes, Some(&[1, 0, 1]), None).unwrap();
                }
            }
            at += 1;
            column.close().unwrap();
        }
        row_group.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn rows(bytes: &[u8]) -> Result<Vec<(u64, Row)>, String> {
    open(file(bytes)).map(Iterator::collect)
}

#[test]
fn every_row_is_an_object_of_texts_or_a_reason() {
    let zstd = Compression::ZSTD(ZstdLevel::default());
    for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::GZIP(Default::default()), zstd] {
        let bytes = written(compression, 2, &[0xff, 0xfe]);
        assert!(is_parquet(&bytes));
        let rows = rows(&bytes).unwrap();
        let numbers: Vec<u64> = rows.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6], "{compression}");
        let first = json!({
            "id": "1", "name": "Orsolya Vanderploeg", "born": "1971-09-11", "account": "1001", "since": "1971-09-11",
            "alias": ["Orsi", "Orsika"], "note": "plain",
        });
        assert_eq!(Value::Object(rows[0].1.clone().unwrap()), first, "{compression}");
        let second = json!({ "id": "2", "since": "1970-01-01T00:00:00.000000001Z" });
        assert_eq!(Value::Object(rows[1].1.clone().unwrap()), second, "nothing is nothing, and NaN too");
        assert_eq!(rows[2].1.clone().unwrap_err(), "column `note`: 2 bytes that are no text");
        assert_eq!(rows[3].1.clone().unwrap()["id"], "4", "the next group");
    }
}

#[test]
fn many_rows_come_in_order_and_a_reader_may_stop() {
    let bytes = written(Compression::SNAPPY, 300, b"n");
    let whole = open(file(&bytes)).unwrap();
    assert_eq!(whole.total(), 900);
    let ids: Vec<u64> = whole.map(|(number, _)| number).collect();
    assert_eq!(ids, (1..=900).collect::<Vec<u64>>());
    assert_eq!(open(file(&bytes)).unwrap().take(7).count(), 7);
}

#[test]
fn what_is_no_whole_file_is_refused() {
    let bytes = written(Compression::SNAPPY, 2, b"n");
    for length in [0, 4, 8, 11, bytes.len() / 2, bytes.len() - 9, bytes.len() - 1] {
        let error = rows(&bytes[..length]).unwrap_err();
        assert!(error.contains("no whole Parquet file"), "{length}: {error}");
    }
    let mut encrypted = bytes.clone();
    let end = encrypted.len() - 4;
    encrypted[end..].copy_from_slice(b"PARE");
    assert!(rows(&encrypted).unwrap_err().contains("encrypted"), "{:?}", rows(&encrypted).unwrap_err());
    let twice = parse_message_type("message m { optional binary name (UTF8); optional binary name (UTF8); }").unwrap();
    let mut bytes = Vec::new();
    SerializedFileWriter::new(&mut bytes, Arc::new(twice), Arc::default()).unwrap().close().unwrap();
    assert_eq!(rows(&bytes).unwrap_err(), "the column `name` is there twice");
}

/// Whatever byte is another: no panic, no end that looks like the whole, and never more rows.
#[test]
fn a_damaged_byte_is_an_error_or_another_value_and_never_a_shorter_file() {
    for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY] {
        let bytes = written(compression, 2, b"n");
        let (mut refused, mut ended, mut read) = (0, 0, 0);
        for at in 0..bytes.len() {
            for flip in [0x01, 0xff].into_iter().take(1 + at % 2) {
                let mut damaged = bytes.clone();
                damaged[at] ^= flip;
                let Ok(found) = open(file(&damaged)) else {
                    refused += 1;
                    continue;
                };
                // a damaged description may promise any number of rows: what comes is bounded by what is there
                let total = found.total();
                let rows: Vec<(u64, Row)> = found.take(10_000).collect();
                let last_failed = rows.last().is_some_and(|(_, row)| row.is_err());
                if rows.len() as u64 == total && !last_failed {
                    read += 1;
                    continue;
                }
                if rows.len() as u64 == total || last_failed || total > 10_000 {
                    ended += 1;
                    continue;
                }
                panic!("byte {at} ^ {flip:#x}: {} of {total} rows, and nothing is said", rows.len());
            }
        }
        println!("{compression}: {refused} refused, {ended} ended with a reason, {read} read to the end");
        assert!(refused > 100 && ended > 100 && read > 100);
    }
}
