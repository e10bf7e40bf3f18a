//! Colours, and text that is safe to print.

use std::io;

use anstyle::{AnsiColor, Style};

/// A hit.
pub const HIT: Style = AnsiColor::Red.on_default().bold();
/// Clear.
pub const CLEAR: Style = AnsiColor::Green.on_default();
/// Something that was not done.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
/// What to do about it.
pub const HINT: Style = AnsiColor::Cyan.on_default();
/// What a person should know.
pub const NOTE: Style = AnsiColor::Yellow.on_default();
/// Names and headings.
pub const BOLD: Style = Style::new().bold();
/// What matters less.
pub const DIM: Style = Style::new().dimmed();

/// Whether a character could move the cursor, change colours or reverse the reading order.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}')
}

/// Text from a list or a file, with what could mislead a terminal or a reader spelled out.
pub fn clean(text: &str) -> String {
    if !text.contains(is_unsafe) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' | '\n' | '\r' => out.push(' '),
            c if is_unsafe(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// The same, cut to a width.
pub fn fit(text: &str, width: usize) -> String {
    let text = clean(text);
    if text.chars().count() <= width {
        return text;
    }
    let mut cut: String = text.chars().take(width.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// A number with thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A count and its noun.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// Writes rows as a table, whose first row is its head; columns named in `right` are flush right.
///
/// # Errors
/// When it cannot be written.
pub fn write_table(out: &mut impl io::Write, rows: &[Vec<String>], right: &[usize]) -> io::Result<()> {
    for (i, line) in aligned(rows, right).into_iter().enumerate() {
        if i == 0 { writeln!(out, "{DIM}{line}{DIM:#}")? } else { writeln!(out, "{line}")? }
    }
    Ok(())
}

/// Lines with their cells aligned; columns named in `right` are flush right.
pub fn aligned(rows: &[Vec<String>], right: &[usize]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
            if right.contains(&column) { format!("{pad}{cell}") } else { format!("{cell}{pad}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(clean("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(clean("a\u{202e}b\u{9b}c\nd"), "a\\u{202e}b\\u{9b}c d");
        assert_eq!(clean("김정은 Łódź"), "김정은 Łódź");
    }

    #[test]
    fn groups_and_aligns() {
        assert_eq!((grouped(0), grouped(999), grouped(1234567)), ("0".into(), "999".into(), "1,234,567".into()));
        let rows = [vec!["a".to_owned(), "10".to_owned()], vec!["bcd".to_owned(), "9".to_owned()]];
        assert_eq!(aligned(&rows, &[1]), ["a    10", "bcd   9"]);
    }
}
