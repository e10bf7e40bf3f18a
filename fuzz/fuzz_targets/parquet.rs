//! Any bytes as a Parquet file: rows, or a reason; never a panic, and never an end that is not said.

#![no_main]

use std::io::Write;

use libfuzzer_sys::fuzz_target;

/// Rows that are looked at: a damaged description may promise any number.
const MOST: usize = 4096;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut file) = tempfile::tempfile() else { return };
    if file.write_all(bytes).is_err() {
        return;
    }
    let Ok(rows) = interdict_parquet::open(file) else { return };
    let total = rows.total();
    let rows: Vec<_> = rows.take(MOST).collect();
    let says = rows.last().is_some_and(|(_, row)| row.is_err());
    assert!(rows.len() as u64 == total || rows.len() == MOST || says);
});
