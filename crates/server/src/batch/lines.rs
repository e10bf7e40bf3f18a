//! Cuts the body of a batch into lines.
//!
//! Promises: a line that lies in one piece of the body is not copied; one without end takes no memory beyond its bound.
//!
//! Not here: what a line says (`part`).

use axum::body::Bytes;

/// The most bytes of a line, as in files of the command line.
pub(super) const LONGEST_LINE: usize = 4 << 20;

/// A line of the batch, or why it is none.
pub(super) enum Line {
    Whole(Bytes),
    TooLong,
}

/// Cuts a body into lines, bounded.
#[derive(Default)]
pub(super) struct Cutter {
    rest: Vec<u8>,
    skipping: bool,
    number: u64,
}

impl Cutter {
    /// Takes a piece and gives the lines that end in it, with their numbers.
    pub(super) fn push(&mut self, piece: &Bytes, lines: &mut Vec<(u64, Line)>) {
        let mut from = 0usize;
        for (end, _) in piece.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
            let part = piece.slice(from..end);
            if self.rest.is_empty() && !self.skipping && part.len() <= LONGEST_LINE {
                self.number = self.number.saturating_add(1);
                if !part.trim_ascii().is_empty() {
                    lines.push((self.number, Line::Whole(part)));
                }
            } else {
                self.add(&part);
                self.end(lines);
            }
            from = end.saturating_add(1);
        }
        // What follows the last line end is begun.
        self.add(piece.get(from..).unwrap_or_default());
    }

    fn add(&mut self, part: &[u8]) {
        if self.skipping || self.rest.len().saturating_add(part.len()) > LONGEST_LINE {
            self.skipping = true;
            self.rest = Vec::new();
        } else {
            self.rest.extend_from_slice(part);
        }
    }

    /// The body has ended, and with it the line that was begun.
    pub(super) fn end(&mut self, lines: &mut Vec<(u64, Line)>) {
        self.number = self.number.saturating_add(1);
        let line = std::mem::take(&mut self.rest);
        if std::mem::take(&mut self.skipping) {
            lines.push((self.number, Line::TooLong));
        } else if !line.trim_ascii().is_empty() {
            lines.push((self.number, Line::Whole(line.into())));
        }
    }
}

/// Bytes of lines.
pub(super) fn bytes_of(lines: &[(u64, Line)]) -> usize {
    let bytes = |line: &Line| match line {
        Line::Whole(bytes) => bytes.len(),
        Line::TooLong => 0,
    };
    lines.iter().map(|(_, line)| bytes(line)).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a test stops where it cannot go on")]

    use super::*;

    #[test]
    fn lines_are_cut_wherever_the_pieces_end() {
        let text = b"{\"name\": \"A\"}\n\n  \n{\"name\": \"B\"}\r\nlast";
        for size in 1..text.len() {
            let mut cutter = Cutter::default();
            let mut lines = Vec::new();
            text.chunks(size).for_each(|piece| cutter.push(&Bytes::from_static(piece), &mut lines));
            cutter.end(&mut lines);
            let numbers: Vec<u64> = lines.iter().map(|(number, _)| *number).collect();
            assert_eq!(numbers, [1, 4, 5], "pieces of {size}");
            let whole = |line: &Line| match line {
                Line::Whole(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
                Line::TooLong => panic!("none is too long"),
            };
            let texts: Vec<String> = lines.iter().map(|(_, line)| whole(line)).collect();
            assert_eq!(texts, ["{\"name\": \"A\"}", "{\"name\": \"B\"}\r", "last"], "pieces of {size}");
        }
    }

    #[test]
    fn a_line_without_end_takes_no_memory() {
        let mut cutter = Cutter::default();
        let mut lines = Vec::new();
        for _ in 0..100 {
            cutter.push(&Bytes::from(vec![b'x'; 1 << 20]), &mut lines);
            assert!(cutter.rest.capacity() <= 2 * LONGEST_LINE);
        }
        cutter.push(&Bytes::from_static(b"\n{\"name\": \"A\"}\n"), &mut lines);
        assert!(matches!(lines[..], [(1, Line::TooLong), (2, Line::Whole(_))]));
    }
}
