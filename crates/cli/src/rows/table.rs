//! Rows of a table separated by commas, semicolons, tabs or bars, columns found by name.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use csv::{ByteRecord, ReaderBuilder};
use interdict_engine::Party;
use interdict_lists::{Columns, Mapping};

use super::{BadRow, LONGEST_ROW};
use crate::exit::Failure;

/// Reads up to a limit that is set anew for each row.
struct Limited<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(io::Error::other(format!("a row of more than {} MiB", LONGEST_ROW >> 20)));
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.inner.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.left.set(left.saturating_sub(read as u64));
        Ok(read)
    }
}

fn delimiter(header: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0u32), (b';', 0), (b'\t', 0), (b'|', 0)];
    for byte in header.iter().take_while(|byte| **byte != b'\n') {
        quoted ^= *byte == b'"';
        for (delimiter, count) in &mut counts {
            if byte == delimiter && !quoted {
                *count = count.saturating_add(1);
            }
        }
    }
    // The first of equals, so that a table of one column is one of commas.
    let best = counts.iter().rev().max_by_key(|(_, count)| *count);
    best.map_or(b',', |(delimiter, _)| *delimiter)
}

/// The rows below the header.
pub fn rows<R: BufRead + 'static>(
    mut input: R,
    mapping: &Mapping,
    name: &str,
) -> Result<impl Iterator<Item = Result<Party, BadRow>> + use<R>, Failure> {
    let separator = delimiter(input.fill_buf()?);
    let left = Rc::new(Cell::new(LONGEST_ROW));
    let input = Limited { inner: input, left: Rc::clone(&left) };
    let mut reader = ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(input);
    let mut record = ByteRecord::new();
    let failed = |reason: String| Failure::new(format!("{name}, line 1: {reason}"));
    reader.read_byte_record(&mut record).map_err(|error| failed(error.to_string()))?;
    let header = texts(&record).map_err(failed)?;
    let columns = Columns::new(&header, mapping).map_err(|reason| {
        let hint =
            "name the column that holds it, as in --map 'Customer=name'; or screen one name: interdict screen 'A Name'";
        Failure::hint(format!("{name}, line 1: {reason}"), hint)
    })?;
    let mut ended = false;
    Ok(std::iter::from_fn(move || {
        if ended {
            return None;
        }
        left.set(LONGEST_ROW);
        let line = reader.position().line();
        let place = format!("line {line}");
        match reader.read_byte_record(&mut record) {
            Ok(true) => {
                // The reader passes over blank lines before it reports where a row starts.
                let inside = record.iter().flatten().filter(|byte| **byte == b'\n').count() as u64;
                let passed = reader.position().line().saturating_sub(line).saturating_sub(inside).saturating_sub(1);
                let place = format!("line {}", line.saturating_add(passed));
                let read = texts(&record).and_then(|row| columns.read(&row));
                Some(match read {
                    Ok(party) => Ok(Party { place, id: party.id, entity: party.entity }),
                    Err(reason) => Err(BadRow { place, reason }),
                })
            }
            Ok(false) => None,
            Err(error) => {
                ended = true;
                let reason = format!("{error}; the rest of the file was not read");
                Some(Err(BadRow { place, reason }))
            }
        }
    }))
}

fn texts(record: &ByteRecord) -> Result<Vec<String>, String> {
    let text = |(number, field): (usize, &[u8])| {
        let number = number.saturating_add(1);
        let text = std::str::from_utf8(field).map_err(|_| format!("field {number} is not UTF-8 text"))?;
        if text.contains('\0') {
            return Err(format!("field {number} holds a NUL byte"));
        }
        Ok(text.to_owned())
    };
    record.iter().enumerate().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static [u8]) -> Vec<Result<Party, BadRow>> {
        rows(text, &Mapping::default(), "test").unwrap().collect()
    }

    #[test]
    fn finds_the_delimiter() {
        for (header, expected) in
            [("name,born", b','), ("name;born", b';'), ("name\tborn", b'\t'), ("name", b','), ("\"a,b,c\";d", b';')]
        {
            assert_eq!(delimiter(header.as_bytes()), expected, "{header}");
        }
    }

    #[test]
    fn a_bad_row_does_not_end_the_file() {
        let rows = read(b"name,born\nAnna,1970\n\xff\xfe,1970\nBo\0b,1970\n,\n\nCarla,1971\n");
        let places: Vec<_> =
            rows.iter().map(|row| row.as_ref().map_or_else(|bad| &bad.place, |party| &party.place)).collect();
        assert_eq!(places, ["line 2", "line 3", "line 4", "line 5", "line 7"]);
        assert_eq!(rows.iter().filter(|row| row.is_ok()).count(), 2);
    }

    #[test]
    fn an_endless_row_is_cut_off() {
        let text = std::iter::repeat_n(b'x', 6 << 20);
        let text: Vec<u8> = b"name,born\n\"".iter().copied().chain(text).collect();
        let rows: Vec<_> = rows(io::Cursor::new(text), &Mapping::default(), "test").unwrap().collect();
        assert_eq!(rows.len(), 1);
        assert!(rows[0].as_ref().unwrap_err().reason.contains("4 MiB"));
    }
}
