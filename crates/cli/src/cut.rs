//! Cuts a table in text into its rows, and a row into its fields.
//!
//! Promises: a quote that is missing or too many costs its own line and no other. Readers of such tables usually take
//! all that follows an open quote for one field, and whole rows vanish into it; here a row may run over several lines
//! only if it is quoted without fault, is as wide as the header and has no line inside that looks like a row. Where it is not, its first line is refused and the
//! next is read as a row of its own. Memory is bounded by one row, and a row by [`LONGEST_ROW`].
//!
//! Not here: what columns mean (`rows`, `check`, `cap`); the publishers' tables, which are refused whole (`lists`).

use std::io::{self, BufRead};

use crate::rows::LONGEST_ROW;

/// How much is read at a time.
const BLOCK: usize = 1 << 16;

/// A row: where it begins, and its fields or the reason why they could not be read.
pub struct Row {
    /// Line of its first character, from 1.
    pub line: u64,
    /// The fields, unquoted.
    pub fields: Result<Vec<Vec<u8>>, String>,
}

impl Row {
    /// The fields as text.
    pub fn texts(self) -> Result<Vec<String>, String> {
        let text = |(number, field): (usize, Vec<u8>)| {
            let number = number.saturating_add(1);
            let text = String::from_utf8(field).map_err(|_| format!("field {number} is not UTF-8 text"))?;
            if text.contains('\0') {
                return Err(format!("field {number} holds a NUL byte"));
            }
            Ok(text)
        };
        self.fields?.into_iter().enumerate().map(text).collect()
    }
}

/// Rows in the order of the file; blank lines and a byte order mark are passed over.
pub struct Cut<R> {
    input: R,
    delimiter: u8,
    comment: Option<u8>,
    buffer: Vec<u8>,
    /// Where the next row begins in `buffer`.
    start: usize,
    line: u64,
    /// Fields of the first row.
    width: Option<usize>,
    ended: bool,
}

/// Why a row ends before its end.
enum Broken {
    /// The file cannot be read on.
    File(io::Error),
    /// The row is too long to be held.
    Long,
    /// Its quotes are wrong.
    Row(String),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl<R: BufRead> Cut<R> {
    /// Cuts a table whose fields are separated by `delimiter`.
    pub fn new(input: R, delimiter: u8) -> Self {
        Self { input, delimiter, comment: None, buffer: Vec::new(), start: 0, line: 1, width: None, ended: false }
    }

    /// Passes over lines that begin with `mark`.
    pub fn comment(self, mark: u8) -> Self {
        Self { comment: Some(mark), ..self }
    }

    fn byte(&mut self, at: usize) -> io::Result<Option<u8>> {
        while at >= self.buffer.len() {
            let block = self.input.fill_buf()?;
            if block.is_empty() {
                return Ok(None);
            }
            let taken = block.len().min(BLOCK);
            self.buffer.extend_from_slice(block.get(..taken).unwrap_or_default());
            self.input.consume(taken);
        }
        Ok(self.buffer.get(at).copied())
    }

    /// Bytes of the line end at a place: 0 if there is none.
    fn line_end(&mut self, at: usize) -> io::Result<usize> {
        Ok(match self.byte(at)? {
            Some(b'\n') => 1,
            Some(b'\r') => 1 + usize::from(self.byte(at + 1)? == Some(b'\n')),
            _ => 0,
        })
    }

    /// Passes over the rest of a line, held or not.
    fn pass_line(&mut self) -> io::Result<()> {
        loop {
            self.forget();
            let end = self.line_end(self.start)?;
            if end > 0 {
                self.start += end;
                self.line += 1;
                return Ok(());
            }
            if self.byte(self.start)?.is_none() {
                return Ok(());
            }
            self.start += 1;
        }
    }

    /// Drops what lies before the next row, a block at a time.
    fn forget(&mut self) {
        if self.start >= BLOCK {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
    }

    /// Passes over blank lines and comments; false at the end of the file.
    fn find_row(&mut self) -> io::Result<bool> {
        if self.width.is_none() && self.line == 1 && self.byte(2)?.is_some() && self.buffer.starts_with(b"\xef\xbb\xbf")
        {
            self.start = 3;
        }
        loop {
            let end = self.line_end(self.start)?;
            let byte = self.byte(self.start)?;
            if byte.is_none() {
                return Ok(false);
            }
            if end == 0 && byte != self.comment {
                return Ok(true);
            }
            self.pass_line()?;
        }
    }

    /// The fields of the row that begins at `start`, where it ends, and how many line ends are in it.
    fn row(&mut self) -> Result<(Vec<Vec<u8>>, usize, u64), Broken> {
        let (mut at, mut lines) = (self.start, 0);
        let mut fields = Vec::new();
        let mut strayed = None;
        let mut engulfed = None;
        loop {
            let mut field = Vec::new();
            let quoted = self.byte(at)? == Some(b'"');
            if quoted {
                at += 1;
                // delimiters on the line, once it lies in the quotes from its start
                let mut within = None;
                loop {
                    if (at - self.start) as u64 >= LONGEST_ROW {
                        return Err(Broken::Row(format!(
                            "a quote is not closed within {} MiB; its line was not read",
                            LONGEST_ROW >> 20
                        )));
                    }
                    match self.byte(at)? {
                        None => {
                            return Err(Broken::Row(
                                "a quote is not closed; the line was not read, those after it were read by themselves"
                                    .to_owned(),
                            ));
                        }
                        Some(b'"') if self.byte(at + 1)? == Some(b'"') => at += 1,
                        Some(b'"') => break,
                        Some(_) => {}
                    }
                    if self.line_end(at)? == 1 {
                        if within.is_some_and(|delimiters: usize| self.width == Some(delimiters + 1)) {
                            engulfed = engulfed.or(Some(self.line + lines));
                        }
                        (lines, within) = (lines + 1, Some(0));
                    }
                    let byte = self.byte(at)?;
                    if byte == Some(self.delimiter) {
                        within = within.map(|delimiters| delimiters + 1);
                    }
                    field.extend(byte);
                    at += 1;
                }
                at += 1;
            }
            let end = loop {
                if (at - self.start) as u64 >= LONGEST_ROW {
                    return Err(Broken::Long);
                }
                match self.byte(at)? {
                    None | Some(b'\n' | b'\r') => break self.line_end(at)?,
                    Some(byte) if byte == self.delimiter => break 0,
                    Some(byte) => {
                        if quoted && !matches!(byte, b' ' | b'\t') {
                            strayed = strayed.or(Some(self.line + lines));
                        }
                        field.push(byte);
                    }
                }
                at += 1;
            };
            fields.push(field);
            let more = end == 0 && self.byte(at)?.is_some();
            let width = self.width.unwrap_or(usize::MAX);
            if lines > 0 {
                let last = self.line + lines;
                let fault = match (strayed, engulfed) {
                    (Some(line), _) => Some(format!("on line {line} text follows a closing quote")),
                    (None, Some(line)) => Some(format!("line {line} would be inside it, and looks like a row")),
                    (None, None)
                        if fields.len() > width || (!more && self.width.is_some_and(|_| fields.len() < width)) =>
                    {
                        Some(format!("it would run to line {last} and not have the {width} fields of the header"))
                    }
                    (None, None) => None,
                };
                if let Some(fault) = fault {
                    return Err(Broken::Row(format!(
                        "a quote is missing or too many: {fault}; the line was not read, those after it were read by themselves"
                    )));
                }
            }
            if !more {
                return Ok((fields, at + end, lines + u64::from(end > 0)));
            }
            at += 1;
        }
    }
}

impl<R: BufRead> Iterator for Cut<R> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        if self.ended {
            return None;
        }
        self.forget();
        let found = self.find_row();
        let line = self.line;
        let row = match found {
            Ok(false) => {
                self.ended = true;
                return None;
            }
            Ok(true) => self.row(),
            Err(error) => Err(Broken::File(error)),
        };
        let passed = match row {
            Ok((fields, end, lines)) => {
                (self.start, self.line) = (end, line + lines);
                self.width = self.width.or(Some(fields.len()));
                return Some(Row { line, fields: Ok(fields) });
            }
            Err(Broken::File(error)) => Err(error),
            Err(Broken::Long) => self.pass_line().map(|()| format!("a row of more than {} MiB", LONGEST_ROW >> 20)),
            Err(Broken::Row(reason)) => self.pass_line().map(|()| reason),
        };
        self.ended = passed.is_err();
        let reason = passed.unwrap_or_else(|error| format!("{error}; the rest of the file was not read"));
        Some(Row { line, fields: Err(reason) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows as `line: fields`, or `line! reason`.
    fn cut(text: &[u8]) -> Vec<String> {
        let shown = |row: Row| match row.fields {
            Ok(fields) => {
                let fields: Vec<_> = fields.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
                format!("{}: {}", row.line, fields.join("|"))
            }
            Err(reason) => format!("{}! {reason}", row.line),
        };
        Cut::new(io::BufReader::with_capacity(3, text), b',').map(shown).collect()
    }

    #[test]
    fn sound_tables_come_out_as_they_are() {
        let text = b"\n\na,b\r\n1,\"x \"\"y\"\"\"\r\n\r\n2,\"over\r\ntwo, lines\" \n\"3\",\n4";
        assert_eq!(cut(text), ["3: a|b", "4: 1|x \"y\"", "6: 2|over\r\ntwo, lines ", "8: 3|", "9: 4"]);
        assert_eq!(cut(b"a,b\r1,2\r\r3,4\r"), ["1: a|b", "2: 1|2", "4: 3|4"]);
        assert_eq!(cut(b"a\nJohn \"Bo\" X\n\"Jo\" X\n"), ["1: a", "2: John \"Bo\" X", "3: Jo X"]);
        assert_eq!(cut(b"\xef\xbb\xbf\"a\",b\n1,2"), ["1: a|b", "2: 1|2"]);
        assert_eq!(cut(b""), Vec::<String>::new());
    }

    #[test]
    fn a_wrong_quote_costs_its_own_line_only() {
        for (text, bad, last) in [
            (&b"id,name\n1,\"Anna\n2,Bob\n3,Carl\n"[..], "2! a quote is not closed", "4: 3|Carl"),
            (b"id,name\n1,\"Anna\n2,\"Bob\"\n3,Carl\n", "2! a quote is missing", "4: 3|Carl"),
            (b"id,name\n\"1,Anna\n2,\"Bob\"\n3,Carl\n", "2! a quote is missing", "4: 3|Carl"),
            (
                b"id,name\n1,\"Anna\n2,Bob\n3,\"",
                "2! a quote is missing",
                "4! a quote is not closed; the line was not read, those after it were read by themselves",
            ),
            (b"id,name,x\n1,\"Anna\n2,5\"\n3,Carl,y\n", "2! a quote is missing", "4: 3|Carl|y"),
        ] {
            let rows = cut(text);
            assert_eq!(rows.len(), 4, "{rows:?}");
            assert!(rows[1].starts_with(bad), "{rows:?}");
            assert_eq!(rows[3], last);
        }
    }

    #[test]
    fn a_row_too_long_costs_no_other() {
        let mut text = b"a,b\n".to_vec();
        text.extend(std::iter::repeat_n(b'x', 6 << 20));
        text.extend(b"\n1,2\n");
        let rows = cut(&text);
        assert_eq!((rows.len(), rows[1].as_str(), rows[2].as_str()), (3, "2! a row of more than 4 MiB", "3: 1|2"));
    }

    #[test]
    fn the_same_as_the_csv_reader_where_quotes_are_sound() {
        let mut text = Vec::new();
        let mut writer = csv::Writer::from_writer(&mut text);
        let pieces = ["", "a", "\"", ",", "\n", "\r\n", "é", " b"];
        for n in 0..512_usize {
            let field = |by: usize| format!("{}{}", pieces[n / by % 8], pieces[(n + by) % 8]);
            writer.write_record([field(1), "x".to_owned(), field(8), field(64)]).unwrap();
        }
        drop(writer);
        let ours: Vec<_> = Cut::new(&text[..], b',').map(|row| row.fields.unwrap()).collect();
        let theirs: Vec<Vec<Vec<u8>>> = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(&text[..])
            .into_byte_records()
            .map(|row| row.unwrap().iter().map(<[u8]>::to_vec).collect())
            .collect();
        assert_eq!(ours, theirs);
        assert_eq!(ours.len(), 512);
    }
}
