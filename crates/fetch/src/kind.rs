//! Whether what came can be what was expected, by its first bytes.
//!
//! Promises: an error page, a form that asks for consent, an archive or an empty answer is told
//! apart from a list before anybody tries to read it as one.
//!
//! Not here: the format of a list (`lists`), which decides in the end.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What should come from an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    /// XML.
    Xml,
    /// A table: CSV or separated by tabs.
    Table,
    /// JSON, or JSON lines.
    Json,
    /// Any of them.
    #[default]
    Any,
}

/// What the first bytes look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Nothing, or blanks.
    Empty,
    /// A web page.
    Page,
    /// XML that is no web page.
    Xml,
    /// JSON, or JSON lines.
    Json,
    /// Packed with gzip: its reader looks inside.
    Gzip,
    /// A zip archive, which office documents are as well.
    Zip,
    /// A PDF document.
    Pdf,
    /// Text of another kind.
    Text,
    /// Bytes that no text holds.
    Binary,
}

impl Kind {
    /// Looks at the first bytes of a file.
    pub fn of(head: &[u8]) -> Self {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        match head {
            [0x1f, 0x8b, ..] => return Self::Gzip,
            [b'P', b'K', 3, 4, ..] => return Self::Zip,
            [b'%', b'P', b'D', b'F', ..] => return Self::Pdf,
            _ => {}
        }
        if head.iter().take(1000).any(|byte| *byte == 0) {
            return Self::Binary;
        }
        let start = head.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(head.len());
        let text: Vec<u8> = head.iter().skip(start).take(1000).map(u8::to_ascii_lowercase).collect();
        let has = |needle: &[u8]| text.windows(needle.len()).any(|window| window == needle);
        match text.first() {
            None => Self::Empty,
            Some(b'<') if text.starts_with(b"<!doctype html") || has(b"<html") || has(b"<head>") => Self::Page,
            Some(b'<') => Self::Xml,
            Some(b'{' | b'[') => Self::Json,
            Some(_) => Self::Text,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "nothing",
            Self::Page => "a web page",
            Self::Xml => "XML",
            Self::Json => "JSON",
            Self::Gzip => "a gzip file",
            Self::Zip => "a zip archive or office document",
            Self::Pdf => "a PDF document",
            Self::Text => "text that is neither XML nor JSON",
            Self::Binary => "binary data",
        })
    }
}

impl Expected {
    fn word(self) -> &'static str {
        match self {
            Self::Xml => "XML",
            Self::Table => "a table",
            Self::Json => "JSON",
            Self::Any => "a list",
        }
    }

    /// Why these first bytes cannot be the start of what is expected.
    pub fn refuses(self, head: &[u8]) -> Option<String> {
        let kind = Kind::of(head);
        let fits = match (self, kind) {
            (_, Kind::Empty | Kind::Page | Kind::Zip | Kind::Pdf | Kind::Binary) => false,
            (_, Kind::Gzip) | (Self::Any, Kind::Xml | Kind::Json | Kind::Text) => true,
            (Self::Xml, found) => found == Kind::Xml,
            (Self::Json, found) => found == Kind::Json,
            // A first cell may begin with a bracket.
            (Self::Table, found) => found == Kind::Text || (found == Kind::Json && !head.starts_with(b"{")),
        };
        (!fits).then(|| format!("{} came where {} was expected", kind, self.word()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_decide() {
        let xml = b"\xef\xbb\xbf<?xml version=\"1.0\"?><sdnList/>";
        let page = b"\n <!DOCTYPE HTML><title>Sorry</title>";
        let xhtml = b"<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\">";
        for (expected, head, fits) in [
            (Expected::Xml, xml.as_slice(), true),
            (Expected::Xml, page, false),
            (Expected::Xml, xhtml, false),
            (Expected::Any, xhtml, false),
            (Expected::Xml, b"{\"error\":1}", false),
            (Expected::Json, b" {\"id\":1}", true),
            (Expected::Json, b"[]", true),
            (Expected::Table, b"36,\"AEROCARIBBEAN\"", true),
            (Expected::Table, xml, false),
            (Expected::Table, b"{}", false),
            (Expected::Any, b"name\nA", true),
            (Expected::Any, b"", false),
            (Expected::Any, b" \r\n\t", false),
            (Expected::Any, b"PK\x03\x04..", false),
            (Expected::Any, b"%PDF-1.7", false),
            (Expected::Xml, b"\x1f\x8b\x08", true),
            (Expected::Any, b"ab\0cd", false),
        ] {
            assert_eq!(expected.refuses(head).is_none(), fits, "{expected:?} {:?}", String::from_utf8_lossy(head));
        }
        assert_eq!(Expected::Xml.refuses(page).as_deref(), Some("a web page came where XML was expected"));
    }
}
