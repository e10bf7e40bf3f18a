//! How answers are written: a table for people, JSON, JSON lines or CSV for programs.
//!
//! Promises: only recorded values are shown; each row of the input is a row of the output with a
//! status; text from lists and files cannot control a terminal or run in a spreadsheet.

pub mod csv;
pub mod json;
pub mod table;

use std::io::{self, Write};
use std::path::Path;

use interdict_engine::{Recorded, Screening};
use interdict_store::Output;

use crate::exit::Failure;

/// The form of the output.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// One JSON document
    Json,
    /// One JSON object a line
    Jsonl,
    /// One line a hit, for spreadsheets
    Csv,
}

/// The answer to one row of a file.
pub struct Row {
    /// Its number, from 1.
    pub number: u64,
    /// Where it stands, as `line 12`.
    pub place: String,
    /// The user's id of it.
    pub id: Option<String>,
    /// Its entry, where the home has a ledger.
    pub entry: Option<u64>,
    /// The screening, or why it could not be done.
    pub answer: Result<Recorded<Screening>, String>,
}

/// Where the output goes: the terminal or a file that appears when it is whole.
pub enum Sink {
    /// Standard output; colours end where there is no terminal.
    Terminal(anstream::AutoStream<io::StdoutLock<'static>>),
    /// Standard output for programs, byte for byte.
    Plain(io::BufWriter<io::StdoutLock<'static>>),
    /// A file; escape sequences are taken out.
    File(Output, anstream::adapter::StripBytes),
}

impl Sink {
    /// The place for output of a form.
    pub fn open(path: Option<&Path>, format: Format) -> Result<Self, Failure> {
        Ok(match (path, format) {
            (Some(path), _) => Self::File(Output::create(path)?, anstream::adapter::StripBytes::new()),
            (None, Format::Table) => Self::Terminal(anstream::AutoStream::auto(io::stdout()).lock()),
            (None, Format::Json | Format::Jsonl | Format::Csv) => Self::Plain(io::BufWriter::new(io::stdout().lock())),
        })
    }

    /// Ends it: a file is put in its place.
    pub fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Terminal(mut out) => Ok(out.flush()?),
            Self::Plain(mut out) => Ok(out.flush()?),
            Self::File(out, _) => Ok(out.finish()?),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Terminal(out) => out.write(bytes),
            Self::Plain(out) => out.write(bytes),
            Self::File(out, strip) => {
                strip.strip_next(bytes).try_for_each(|text| out.write_all(text))?;
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Terminal(out) => out.flush(),
            Self::Plain(out) => out.flush(),
            Self::File(out, _) => out.flush(),
        }
    }
}
