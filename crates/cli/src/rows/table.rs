//! Rows of a table separated by commas, semicolons, tabs or bars, columns found by name.

use std::io::BufRead;

use interdict_engine::Party;
use interdict_lists::{Columns, Mapping};
use interdict_server::Unread;

use super::BadRow;
use crate::cut::{Cut, Row};
use crate::exit::Failure;

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
    let mut rows = Cut::new(input, separator);
    let failed = |reason: String| Failure::new(format!("{name}, line 1: {reason}"));
    let header = rows.next().map_or_else(|| Ok(Vec::new()), Row::texts).map_err(failed)?;
    let columns = Columns::new(&header, mapping).map_err(|reason| {
        let hint =
            "name the column that holds it, as in --map 'Customer=name'; or screen one name: interdict screen 'A Name'";
        Failure::hint(format!("{name}, line 1: {reason}"), hint)
    })?;
    let map = mapping.0.clone();
    Ok(rows.map(move |row| {
        let place = format!("line {}", row.line);
        let cells = match row.texts() {
            Ok(cells) => cells,
            Err(reason) => return Err(BadRow::lost(place, reason)),
        };
        match columns.read(&cells) {
            Ok(party) => Ok(Party { place, id: party.id, entity: party.entity }),
            Err(reason) => {
                let unread = Unread::Row { header: header.clone(), cells, map: map.clone() };
                Err(BadRow::new(place, reason, unread))
            }
        }
    }))
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
        let rows: Vec<_> = rows(std::io::Cursor::new(text), &Mapping::default(), "test").unwrap().collect();
        assert_eq!(rows.len(), 1);
        assert!(rows[0].as_ref().unwrap_err().reason.contains("4 MiB"));
    }
}
