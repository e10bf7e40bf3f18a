//! Parties from a file, one after another: tables, JSON lines, JSON arrays, Parquet.
//!
//! Promises: each row gives a party or a reason with its line; a bad row never ends the file unless
//! nothing after it can be found; memory is bounded by one row, and a row by [`LONGEST_ROW`].

mod json;
mod parquet;
mod table;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use interdict_engine::Party;
use interdict_lists::Mapping;
use interdict_server::Unread;

use crate::exit::Failure;

/// The most bytes of one row. A full record of a customer is below 10 KiB; this bounds memory when
/// a quote is never closed or a file has no lines.
pub const LONGEST_ROW: u64 = 4 << 20;

/// A row that could not be read.
#[derive(Debug)]
pub struct BadRow {
    /// Where, as `line 12`.
    pub place: String,
    /// Why.
    pub reason: String,
    /// What it held, for the record.
    pub unread: Box<Unread>,
}

impl BadRow {
    fn new(place: String, reason: String, unread: Unread) -> Self {
        Self { place, reason, unread: Box::new(unread) }
    }

    /// One of which no more is known than where it began.
    fn lost(place: String, reason: String) -> Self {
        Self { unread: Box::new(Unread::Place(place.clone())), place, reason }
    }
}

/// The rows of a file.
pub type Rows = Box<dyn Iterator<Item = Result<Party, BadRow>>>;

/// A file that is being read, and how far.
pub struct Source {
    /// Its rows.
    pub rows: Rows,
    /// Its size, if it is known.
    pub bytes: Option<u64>,
    /// How much of it has been read.
    pub read: Counter,
}

/// Counts the bytes that have gone through a reader.
#[derive(Clone, Default)]
pub struct Counter(std::rc::Rc<std::cell::Cell<u64>>);

impl Counter {
    /// Bytes so far.
    pub fn get(&self) -> u64 {
        self.0.get()
    }

    fn set(&self, bytes: u64) {
        self.0.set(bytes);
    }
}

struct Counted<R> {
    inner: R,
    counter: Counter,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.counter.0.set(self.counter.0.get().saturating_add(read as u64));
        Ok(read)
    }
}

/// Opens a file of parties, or standard input for `-`, and finds out what it is by its content.
pub fn open(path: &str, mapping: &Mapping) -> Result<Source, Failure> {
    let counter = Counter::default();
    let (inner, bytes): (Box<dyn Read>, Option<u64>) = if path == "-" {
        (Box::new(io::stdin()), None)
    } else {
        let file = File::open(Path::new(path)).map_err(|error| Failure::new(format!("{path}: {error}")))?;
        let bytes = file.metadata().ok().map(|meta| meta.len());
        (Box::new(file), bytes)
    };
    let name = if path == "-" { "standard input" } else { path };
    let mut input = BufReader::with_capacity(1 << 16, Counted { inner, counter: counter.clone() });
    let failed = |error: io::Error| Failure::new(format!("{name}: {error}"));
    let head = input.fill_buf().map_err(failed)?;
    if interdict_parquet::is_parquet(head) {
        if path == "-" {
            let hint = "its end is read first: give the file by its name";
            return Err(Failure::hint("standard input: Parquet cannot be read from a stream", hint));
        }
        let file = File::open(Path::new(path)).map_err(failed)?;
        let rows = parquet::open(path, file, mapping.clone(), counter.clone())?;
        return Ok(Source { rows, bytes, read: counter });
    }
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Err(Failure::hint(format!("{name}: text in UTF-16"), "save it as UTF-8"));
    }
    if head.starts_with(b"\x1f\x8b") || head.starts_with(b"PK\x03\x04") {
        return Err(Failure::hint(format!("{name}: a packed file or office document"), "unpack it, or save it as CSV"));
    }
    if head.starts_with(b"\xef\xbb\xbf") {
        input.consume(3);
    }
    let first = input.fill_buf().map_err(failed)?.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
    let rows: Rows = match first {
        None => {
            return Err(Failure::hint(
                format!("{name}: the file is empty"),
                "it needs a header line and a row at least",
            ));
        }
        Some(b'[') => Box::new(json::elements(input, mapping.clone())),
        Some(b'{') => Box::new(json::lines(input, mapping.clone())),
        Some(_) => Box::new(table::rows(input, mapping, name)?),
    };
    Ok(Source { rows, bytes, read: counter })
}
