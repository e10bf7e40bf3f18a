//! Rows of a Parquet file, one after another, as objects of texts.
//!
//! Promises: every row gives an object or a reason with its number; a file that is damaged, cut or
//! encrypted ends with an error that says from which row on nothing was read, never with a panic and never
//! as if it were whole; a few hundred rows are in memory, besides the pages they come from.
//!
//! Not here: what the columns mean (`lists`), writing.

mod value;

use std::collections::HashMap;
use std::fs::File;
use std::panic;
use std::sync::Once;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use parquet::basic::{Compression, LogicalType, TimeUnit};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use serde_json::{Map, Value};

use value::Unit;

/// How a Parquet file begins and ends.
const MAGIC: &[u8; 4] = b"PAR1";

/// How one with an encrypted footer begins and ends.
const ENCRYPTED: &[u8; 4] = b"PARE";

/// Rows that are handed over at a time.
const TOGETHER: usize = 256;

/// Columns with everything in them; a table of parties has some dozens.
const MOST_COLUMNS: usize = 4096;

/// Bytes of one group of rows, unpacked. Writers keep groups between 1 MB and 1 GB.
const LARGEST_GROUP: i64 = 4 << 30;

/// The name of the thread that reads: a damaged file may make the reader panic, which is told as an error.
const THREAD: &str = "parquet";

/// What comes of a row: its columns, or why it cannot be read.
pub type Row = Result<Map<String, Value>, String>;

enum Message {
    Opened(u64),
    Rows(Vec<Row>),
    Failed(String),
    Ended,
}

/// The rows of a file.
pub struct Rows {
    inbox: Receiver<Message>,
    waiting: std::vec::IntoIter<Row>,
    total: u64,
    number: u64,
    is_over: bool,
}

/// Whether a file that begins like this is one.
pub fn is_parquet(head: &[u8]) -> bool {
    head.starts_with(MAGIC) || head.starts_with(ENCRYPTED)
}

/// Opens a file.
///
/// # Errors
/// When it is no Parquet file, is cut, damaged, encrypted or laid out as no table is.
pub fn open(file: File) -> Result<Rows, String> {
    quiet();
    let (outbox, inbox) = mpsc::sync_channel(2);
    let spawned = thread::Builder::new().name(THREAD.to_owned()).spawn(move || {
        let message = match read(file, &outbox) {
            Ok(()) => Message::Ended,
            Err(reason) => Message::Failed(reason),
        };
        // Whoever asked may have gone.
        let _ = outbox.send(message);
    });
    spawned.map_err(|error| error.to_string())?;
    match inbox.recv() {
        Ok(Message::Opened(total)) => {
            Ok(Rows { inbox, waiting: Vec::new().into_iter(), total, number: 0, is_over: false })
        }
        Ok(Message::Failed(reason)) => Err(reason),
        Ok(Message::Rows(_) | Message::Ended) | Err(_) => Err("its description is damaged".to_owned()),
    }
}

impl Rows {
    /// How many rows the file says it has.
    pub fn total(&self) -> u64 {
        self.total
    }

    fn failed(&mut self, reason: &str) -> Option<(u64, Row)> {
        self.is_over = true;
        let rest = match self.total.saturating_sub(self.number) {
            0 => String::new(),
            rest => format!("; {rest} of {} rows were not read", self.total),
        };
        self.number = self.number.saturating_add(1);
        Some((self.number, Err(format!("{reason}{rest}"))))
    }
}

impl Iterator for Rows {
    /// The number of a row, from 1, and the row.
    type Item = (u64, Row);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.waiting.next() {
                self.number = self.number.saturating_add(1);
                return Some((self.number, row));
            }
            if self.is_over {
                return None;
            }
            match self.inbox.recv() {
                Ok(Message::Rows(rows)) => self.waiting = rows.into_iter(),
                Ok(Message::Failed(reason)) => return self.failed(&reason),
                Ok(Message::Ended) if self.number == self.total => {
                    self.is_over = true;
                    return None;
                }
                Ok(Message::Ended | Message::Opened(_)) => return self.failed("the rows end before the file does"),
                // It panicked on what it read.
                Err(_) => return self.failed("the file is damaged here"),
            }
        }
    }
}

/// Keeps the panics of our thread from being printed: they are told as errors.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().name() != Some(THREAD) {
                before(info);
            }
        }));
    });
}

fn read(file: File, outbox: &SyncSender<Message>) -> Result<(), String> {
    let reader = SerializedFileReader::new(file).map_err(|error| said(&error))?;
    let metadata = reader.metadata();
    let schema = metadata.file_metadata().schema_descr();
    if schema.num_columns() > MOST_COLUMNS {
        return Err(format!("{} columns; {MOST_COLUMNS} are the most that are read", schema.num_columns()));
    }
    let total =
        u64::try_from(metadata.file_metadata().num_rows()).map_err(|_| "a negative number of rows".to_owned())?;
    let mut in_groups = 0i64;
    for group in metadata.row_groups() {
        let packed = group.columns().iter().map(|column| column.compression());
        if let Some(name) = packed.into_iter().find_map(not_read) {
            return Err(format!(
                "it is packed with {name}, which is not read\nhint: write it with snappy, zstd or gzip"
            ));
        }
        in_groups = in_groups.saturating_add(group.num_rows());
        if group.total_byte_size() > LARGEST_GROUP {
            let gib = LARGEST_GROUP >> 30;
            return Err(format!("a group of rows of more than {gib} GiB\nhint: write it with smaller row groups"));
        }
    }
    if u64::try_from(in_groups) != Ok(total) {
        return Err(format!("it says it has {total} rows, and its groups have {in_groups}"));
    }
    let roots = schema.root_schema().get_fields();
    let mut units: HashMap<String, Unit> = HashMap::new();
    for (at, root) in roots.iter().enumerate() {
        if roots.iter().take(at).any(|other| other.name() == root.name()) {
            return Err(format!("the column `{}` is there twice", root.name()));
        }
        let mut leaves =
            schema.columns().iter().filter(|leaf| leaf.path().parts().first().is_some_and(|n| n == root.name()));
        if let (Some(leaf), None) = (leaves.next(), leaves.next())
            && let Some(LogicalType::Timestamp(kind)) = leaf.logical_type_ref()
        {
            units.insert(root.name().to_owned(), unit_of(&kind.unit));
        }
    }
    outbox.send(Message::Opened(total)).map_err(|_| String::new())?;
    let mut together = Vec::with_capacity(TOGETHER);
    for row in RowIter::from_file_into(Box::new(reader)) {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                // Behind what cannot be unpacked or decoded nothing can be found.
                let _ = outbox.send(Message::Rows(together));
                return Err(said(&error));
            }
        };
        together.push(value::object(row, &units));
        if together.len() == TOGETHER && outbox.send(Message::Rows(std::mem::take(&mut together))).is_err() {
            return Ok(());
        }
    }
    let _ = outbox.send(Message::Rows(together));
    Ok(())
}

/// The name of a way of packing that is not read.
fn not_read(compression: Compression) -> Option<&'static str> {
    match compression {
        Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::GZIP(_) | Compression::ZSTD(_) => None,
        Compression::BROTLI(_) => Some("brotli"),
        Compression::LZ4 | Compression::LZ4_RAW => Some("lz4"),
        Compression::LZO => Some("lzo"),
    }
}

fn unit_of(unit: &TimeUnit) -> Unit {
    match unit {
        TimeUnit::MILLIS => Unit::Millisecond,
        TimeUnit::MICROS => Unit::Microsecond,
        TimeUnit::NANOS => Unit::Nanosecond,
    }
}

/// What the reader says, without what is only of use to programmers.
fn said(error: &parquet::errors::ParquetError) -> String {
    let text = error.to_string();
    let lower = text.to_ascii_lowercase();
    if lower.contains("encrypt") {
        return "it is encrypted\nhint: write it without encryption, or give JSON lines".to_owned();
    }
    if lower.contains("footer")
        || lower.contains("too small")
        || lower.contains("invalid parquet file")
        || lower.contains("not a valid")
    {
        return format!("it is no whole Parquet file ({})", first(&text));
    }
    first(&text).to_owned()
}

fn first(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    let plain = ["Parquet error: ", "External: ", "EOF: ", "NYI: "]
        .iter()
        .fold(line, |line, prefix| line.strip_prefix(prefix).unwrap_or(line));
    plain.char_indices().nth(200).map_or(plain, |(end, _)| plain.get(..end).unwrap_or_default())
}
