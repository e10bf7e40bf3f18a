//! Objects of a JSON file: one a line, or elements of one array. FollowTheMoney, or flat objects
//! whose keys are columns.

use std::io::{BufRead, Read};

use interdict_engine::Party;
use interdict_lists::{Mapping, party_of_json};
use interdict_model::{Digest, Unique};
use interdict_server::Unread;

use super::{BadRow, LONGEST_ROW};

fn party(bytes: &[u8], place: String, mapping: &Mapping) -> Result<Party, BadRow> {
    let bad = |reason: String, unread: Unread| BadRow::new(place.clone(), reason, unread);
    let text = std::str::from_utf8(bytes);
    let text = text.map_err(|_| bad("not UTF-8 text".to_owned(), Unread::NoText(Digest::of(bytes))))?.trim();
    let line = || Unread::Line(text.to_owned());
    let Unique(value) = serde_json::from_str(text).map_err(|error| bad(format!("not JSON: {error}"), line()))?;
    let party = party_of_json(&value, mapping).map_err(|reason| {
        let is_plain = mapping.0.is_empty();
        bad(reason, if is_plain { line() } else { Unread::Mapped { party: value.clone(), map: mapping.0.clone() } })
    })?;
    Ok(Party { place, id: party.id, entity: party.entity })
}

/// One object a line; blank lines are skipped.
pub fn lines(mut input: impl BufRead, mapping: Mapping) -> impl Iterator<Item = Result<Party, BadRow>> {
    let mut number = 0u64;
    let mut line = Vec::new();
    let mut ended = false;
    std::iter::from_fn(move || {
        while !ended {
            line.clear();
            number = number.saturating_add(1);
            let place = format!("line {number}");
            let lost = |reason, unread| Some(Err(BadRow::new(place.clone(), reason, unread)));
            let ends = |reason| lost(reason, Unread::Place(place.clone()));
            match input.by_ref().take(LONGEST_ROW).read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => {
                    ended = true;
                    return ends(format!("{error}; the rest of the file was not read"));
                }
            }
            if line.len() as u64 == LONGEST_ROW {
                if let Err(error) = skip_line(&mut input) {
                    ended = true;
                    return ends(format!("{error}; the rest of the file was not read"));
                }
                let longer = Unread::LongerThan(usize::try_from(LONGEST_ROW).unwrap_or(usize::MAX));
                return lost(format!("a line of more than {} MiB", LONGEST_ROW >> 20), longer);
            }
            if !line.trim_ascii().is_empty() {
                return Some(party(&line, place, &mapping));
            }
        }
        None
    })
}

fn skip_line(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |end| end.saturating_add(1));
        input.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

/// Elements of one array, each cut out by its braces and then read on its own.
pub fn elements(input: impl BufRead, mapping: Mapping) -> impl Iterator<Item = Result<Party, BadRow>> {
    let mut cutter = Cutter { input, line: 1, ended: false, opened: false };
    std::iter::from_fn(move || {
        let (line, element) = cutter.next()?;
        let place = format!("line {line}");
        Some(match element {
            Ok(bytes) => party(&bytes, place, &mapping),
            Err(reason) => Err(BadRow::lost(place, reason)),
        })
    })
}

/// Cuts the elements out of an array without reading it as a whole.
struct Cutter<R> {
    input: R,
    line: u64,
    ended: bool,
    opened: bool,
}

impl<R: BufRead> Cutter<R> {
    fn byte(&mut self) -> Result<Option<u8>, String> {
        let byte = self.input.fill_buf().map_err(|error| error.to_string())?.first().copied();
        if let Some(byte) = byte {
            self.input.consume(1);
            self.line = self.line.saturating_add(u64::from(byte == b'\n'));
        }
        Ok(byte)
    }
}

impl<R: BufRead> Iterator for Cutter<R> {
    type Item = (u64, Result<Vec<u8>, String>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let mut element = Vec::new();
        let mut start = self.line;
        let (mut depth, mut quoted, mut escaped) = (0u32, false, false);
        let failed = loop {
            let byte = match self.byte() {
                Ok(Some(byte)) => byte,
                Ok(None) => break "the array does not end; the file is cut short".to_owned(),
                Err(error) => break format!("{error}; the rest of the file was not read"),
            };
            if !self.opened {
                self.opened = byte == b'[';
                continue;
            }
            if !quoted && depth == 0 && (byte == b',' || byte == b']') {
                self.ended = byte == b']';
                if element.trim_ascii().is_empty() {
                    if self.ended {
                        return None;
                    }
                    continue;
                }
                return Some((start, Ok(element)));
            }
            if element.is_empty() {
                if byte.is_ascii_whitespace() {
                    continue;
                }
                start = self.line;
            }
            match byte {
                _ if quoted => {
                    quoted = escaped || byte != b'"';
                    escaped = !escaped && byte == b'\\';
                }
                b'"' => quoted = true,
                b'{' | b'[' => depth = depth.saturating_add(1),
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            element.push(byte);
            if element.len() as u64 > LONGEST_ROW {
                break format!("an element of more than {} MiB; the rest of the file was not read", LONGEST_ROW >> 20);
            }
        };
        self.ended = true;
        Some((start, Err(failed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(rows: impl Iterator<Item = Result<Party, BadRow>>) -> Vec<String> {
        rows.map(|row| row.map_or_else(|bad| format!("{}: {}", bad.place, bad.reason), |party| party.place)).collect()
    }

    #[test]
    fn reads_lines_and_elements() {
        let text = "{\"name\": \"A\"}\n\nnonsense\n{\"name\": \"B\"}\n{\"name\": \"A\", \"name\": \"B\"}\n";
        let found = places(lines(text.as_bytes(), Mapping::default()));
        assert_eq!((found[0].as_str(), found[2].as_str(), found.len()), ("line 1", "line 4", 4));
        assert!(found[3].starts_with("line 5: not JSON: the key `name` stands twice"), "{found:?}");
        assert!(found[1].starts_with("line 3: not JSON"), "{found:?}");

        let text = "[\n{\"name\": \"A ] \\\" }\"},\n {\"name\": [\"B\", \"C\"]},\n 7,\n{\"name\": \"D\"}\n]";
        let found = places(elements(text.as_bytes(), Mapping::default()));
        assert_eq!(found, ["line 2", "line 3", "line 4: not a JSON object", "line 5"]);

        let found = places(elements("[{\"name\": \"A\"}, {\"name\"".as_bytes(), Mapping::default()));
        assert_eq!(found.len(), 2);
        assert!(found[1].contains("cut short"), "{found:?}");
    }
}
