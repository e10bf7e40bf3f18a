//! A guarded reader of tables in text: rows of fields, separated by commas or another byte.
//!
//! Promises: every row has its line; a quoted field that never ends, a field beyond the limit,
//! NUL and text in a wrong encoding are refusals with their line.
//!
//! Not here: what columns mean, and which width a row must have (`formats`).

use std::io::BufRead;

use crate::file::{Guarded, UNIT_LIMIT};
use crate::{Refusal, SourceFile};

/// How a table's bytes are to be read as text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Encoding {
    /// UTF-8, anything else is refused.
    Utf8,
    /// UTF-8 where a row is valid UTF-8, else Windows-1252, as publishers' older exports are.
    Utf8OrCp1252,
}

/// Reads rows in the order of the file.
pub(crate) struct Table<'a> {
    file: &'a str,
    input: Guarded<'a>,
    delimiter: u8,
    encoding: Encoding,
    raw: Vec<u8>,
    /// The row's fields one after the other, unquoted.
    text: String,
    fields: Vec<Field>,
    line: u64,
    /// Whether the last row read was followed by an end of line.
    terminated: bool,
    header: Vec<String>,
}

#[derive(Clone, Copy)]
struct Field {
    start: usize,
    end: usize,
    quoted: bool,
}

/// One row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'t> {
    text: &'t str,
    fields: &'t [Field],
    /// The line where it begins, from 1.
    pub(crate) line: u64,
    /// Whether an end of line follows it: false on the last row of a file that may be cut short.
    pub(crate) terminated: bool,
}

impl<'t> Row<'t> {
    /// Number of fields.
    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    /// A field, trimmed; empty if the row is shorter.
    pub(crate) fn get(&self, index: usize) -> &'t str {
        self.raw(index).trim()
    }

    /// A field as it stands.
    pub(crate) fn raw(&self, index: usize) -> &'t str {
        self.fields.get(index).and_then(|f| self.text.get(f.start..f.end)).unwrap_or("")
    }

    /// Whether the field was written in quotes.
    pub(crate) fn is_quoted(&self, index: usize) -> bool {
        self.fields.get(index).is_some_and(|f| f.quoted)
    }

    /// The fields, trimmed.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'t str> + use<'t> {
        let row = *self;
        (0..self.fields.len()).map(move |i| row.get(i))
    }
}

impl<'a> Table<'a> {
    /// A table without a header.
    pub(crate) fn open(file: &SourceFile<'a>, delimiter: u8, encoding: Encoding) -> Self {
        Self {
            file: file.name,
            input: file.open(),
            delimiter,
            encoding,
            raw: Vec::new(),
            text: String::new(),
            fields: Vec::new(),
            line: 0,
            terminated: false,
            header: Vec::new(),
        }
    }

    /// Takes the next row as the header.
    pub(crate) fn read_header(&mut self) -> Result<(), Refusal> {
        let header = match self.next()? {
            Some(row) => row.iter().map(str::to_owned).collect(),
            None => return Err(self.refuse("no header row: the file is empty")),
        };
        self.header = header;
        Ok(())
    }

    /// The header's columns.
    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// The column of a name, whatever its case.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column.eq_ignore_ascii_case(name))
    }

    /// The line where the next row begins, empty lines apart.
    pub(crate) fn next_line(&self) -> u64 {
        self.input.line()
    }

    /// A refusal at the row read last.
    pub(crate) fn refuse(&self, reason: impl Into<String>) -> Refusal {
        Refusal::new(self.file, format!("line {}", self.line), reason)
    }

    /// The next row that is not an empty line; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>, Refusal> {
        loop {
            self.line = self.input.line();
            self.raw.clear();
            self.input.mark();
            if !self.take_line()? {
                return Ok(None);
            }
            self.split()?;
            let lone_empty = matches!(self.fields.as_slice(), [f] if f.start == f.end && !f.quoted);
            if !lone_empty {
                let Self { text, fields, line, terminated, .. } = self;
                return Ok(Some(Row { text, fields, line: *line, terminated: *terminated }));
            }
        }
    }

    /// Appends one line to `raw`; false at the end of the file.
    fn take_line(&mut self) -> Result<bool, Refusal> {
        let before = self.raw.len();
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) => {
                    return Err(Refusal::new(self.file, format!("line {}", self.line), error.to_string()));
                }
            };
            if buffer.is_empty() {
                self.terminated = false;
                return Ok(self.raw.len() > before);
            }
            let end = buffer.iter().position(|b| *b == b'\n');
            let taken = end.map_or(buffer.len(), |end| end + 1);
            self.raw.extend_from_slice(&buffer[..taken]);
            self.input.consume(taken);
            if end.is_some() {
                self.terminated = true;
                return Ok(true);
            }
        }
    }

    /// Splits `raw` into fields, taking further lines while a quoted field is open.
    fn split(&mut self) -> Result<(), Refusal> {
        let mut bytes = std::mem::take(&mut self.text).into_bytes();
        bytes.clear();
        self.fields.clear();
        let mut at = 0;
        loop {
            let start = bytes.len();
            let quoted = self.raw.get(at) == Some(&b'"');
            if quoted {
                at += 1;
                loop {
                    let rest = self.raw.get(at..).unwrap_or(&[]);
                    let run = rest.iter().position(|b| *b == b'"').unwrap_or(rest.len());
                    bytes.extend_from_slice(&rest[..run]);
                    at += run;
                    match self.raw.get(at) {
                        Some(_) if self.raw.get(at + 1) == Some(&b'"') => {
                            bytes.push(b'"');
                            at += 2;
                        }
                        Some(_) => {
                            at += 1;
                            break;
                        }
                        None => {
                            if self.raw.len() as u64 > UNIT_LIMIT {
                                return Err(self.refuse(format!("a field of more than {} MiB", UNIT_LIMIT >> 20)));
                            }
                            if !self.take_line()? {
                                return Err(self
                                    .refuse("a quoted field is never closed: the file is cut short")
                                    .hint("get the file again from its publisher"));
                            }
                        }
                    }
                }
            }
            // What follows a closing quote belongs to the field, blanks apart: `-0- ,` and `"a" ,`.
            let rest = self.raw.get(at..).unwrap_or(&[]);
            let run = rest.iter().position(|b| *b == self.delimiter || *b == b'\n').unwrap_or(rest.len());
            bytes.extend_from_slice(&rest[..run]);
            at += run;
            let last = self.raw.get(at) != Some(&self.delimiter);
            let end = if last
                && bytes.len() > start
                && bytes.last() == Some(&b'\r')
                && !(quoted && self.raw.get(at - 1) == Some(&b'"'))
            {
                bytes.len() - 1
            } else {
                bytes.len()
            };
            bytes.truncate(end);
            self.fields.push(Field { start, end, quoted });
            if last {
                break;
            }
            at += 1;
        }
        self.decode(bytes)
    }

    fn decode(&mut self, bytes: Vec<u8>) -> Result<(), Refusal> {
        match String::from_utf8(bytes) {
            Ok(text) => self.text = text,
            Err(error) => {
                if self.encoding == Encoding::Utf8 {
                    let at = error.utf8_error().valid_up_to();
                    let field = self.fields.iter().position(|f| f.end > at).map_or(0, |i| i + 1);
                    return Err(self.refuse(format!("field {field} is not UTF-8")));
                }
                let bytes = error.into_bytes();
                self.text.clear();
                for field in &mut self.fields {
                    let start = self.text.len();
                    let (text, _) = encoding_rs::WINDOWS_1252
                        .decode_without_bom_handling(bytes.get(field.start..field.end).unwrap_or(&[]));
                    self.text.push_str(&text);
                    (field.start, field.end) = (start, self.text.len());
                }
            }
        }
        Ok(())
    }
}
