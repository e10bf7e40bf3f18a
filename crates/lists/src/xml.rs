//! A guarded pull reader for list files in XML: one record at a time as a small tree.
//!
//! Promises: the end of the file is reported only after the root element was closed (quick-xml
//! calls a file that is cut short a clean end); no entity but the five predefined ones and
//! character references; no DOCTYPE with declarations; bounded depth and text; every error has its
//! line and element path.
//!
//! Not here: what elements mean (`formats`).

mod tree;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

pub(crate) use self::tree::{Node, Tree};
use crate::file::{Guarded, UNIT_LIMIT};
use crate::{Refusal, SourceFile};

/// Deepest nesting read. The deepest real format (OFAC advanced) has 13 levels.
const DEPTH: usize = 64;

/// The most text one record may hold in all its elements together.
const RECORD_LIMIT: usize = 4 * UNIT_LIMIT as usize;

/// The most elements one record may have; the largest real one has some 3,000.
const RECORD_NODES: usize = 1 << 16;

/// Reads elements in the order of the file.
pub(crate) struct XmlReader<'a> {
    file: &'a str,
    reader: quick_xml::Reader<Guarded<'a>>,
    buffer: Vec<u8>,
    /// Local names of open elements, each with a leading slash: `/CONSOLIDATED_LIST/INDIVIDUALS`.
    path: String,
    depth: usize,
    closed: bool,
    /// An element written `<a/>` was opened and must be closed by the next step.
    empty: bool,
    line: u64,
    attributes: Vec<(String, String)>,
}

enum Piece {
    Open,
    Close,
    Text,
    End,
}

impl<'a> XmlReader<'a> {
    pub(crate) fn open(file: &SourceFile<'a>) -> Self {
        Self {
            file: file.name,
            reader: quick_xml::Reader::from_reader(file.open()),
            buffer: Vec::new(),
            path: String::new(),
            depth: 0,
            closed: false,
            empty: false,
            line: 1,
            attributes: Vec::new(),
        }
    }

    /// Opens the next element at any depth, and gives its path from the root: `/sdnList/sdnEntry`.
    /// None at the end of a complete file.
    pub(crate) fn next(&mut self) -> Result<Option<&str>, Refusal> {
        loop {
            match self.piece(None)? {
                Piece::Open => return Ok(Some(&self.path)),
                Piece::Close | Piece::Text => {}
                Piece::End => return Ok(None),
            }
        }
    }

    /// The line where the element opened last begins.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// An attribute of the element opened last, before anything further was read.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Reads the rest of the element opened last into `tree`.
    pub(crate) fn subtree(&mut self, tree: &mut Tree) -> Result<(), Refusal> {
        tree.clear();
        let start = self.depth;
        tree.open(local(&self.path), &self.attributes, self.line);
        loop {
            match self.piece(Some(tree))? {
                Piece::Open => {
                    tree.open(local(&self.path), &self.attributes, self.line);
                    if tree.len() > RECORD_NODES {
                        return Err(self.refuse(format!("one record has more than {RECORD_NODES} elements")));
                    }
                }
                Piece::Close => {
                    tree.close();
                    if self.depth < start {
                        return Ok(());
                    }
                }
                Piece::Text => {
                    if tree.text_len() > RECORD_LIMIT {
                        return Err(
                            self.refuse(format!("one record holds more than {} MiB of text", RECORD_LIMIT >> 20))
                        );
                    }
                }
                Piece::End => return Err(self.refuse("the file ends inside a record")),
            }
        }
    }

    /// Passes over the rest of the element opened last; what is inside is still checked.
    pub(crate) fn skip(&mut self) -> Result<(), Refusal> {
        let start = self.depth;
        while self.depth >= start {
            if matches!(self.piece(None)?, Piece::End) {
                break;
            }
        }
        Ok(())
    }

    /// A refusal at the present line and path.
    pub(crate) fn refuse(&self, reason: impl Into<String>) -> Refusal {
        let line = self.reader.get_ref().line();
        let place =
            if self.path.is_empty() { format!("line {line}") } else { format!("line {line}, in {}", self.path) };
        Refusal::new(self.file, place, reason)
    }

    fn piece(&mut self, tree: Option<&mut Tree>) -> Result<Piece, Refusal> {
        if self.empty {
            self.empty = false;
            return Ok(self.leave());
        }
        let mut tree = tree;
        loop {
            self.reader.get_mut().mark();
            self.buffer.clear();
            let line = self.reader.get_ref().line();
            let mut buffer = std::mem::take(&mut self.buffer);
            let event = match self.reader.read_event_into(&mut buffer) {
                Ok(event) => event,
                Err(error) => {
                    let hint = match &error {
                        quick_xml::Error::IllFormed(quick_xml::errors::IllFormedError::UnclosedReference) => {
                            Some("a bare `&` must be written `&amp;`; get the file again from its publisher")
                        }
                        quick_xml::Error::Syntax(_) => {
                            Some("the file may be cut short; get it again from its publisher")
                        }
                        _ => None,
                    };
                    let mut refusal = self.refuse(format!("not well-formed XML: {error}"));
                    // quick-xml has read past the fault by the time it reports it.
                    let place = refusal.place.split_once(", ").map(|(_, path)| path.to_owned());
                    refusal.place = place.map_or_else(|| format!("line {line}"), |path| format!("line {line}, {path}"));
                    refusal.hint = hint.map(str::to_owned);
                    return Err(refusal);
                }
            };
            let piece = match event {
                Event::Start(start) => {
                    self.line = line;
                    self.enter(&start)?;
                    Some(Piece::Open)
                }
                Event::Empty(start) => {
                    self.line = line;
                    self.enter(&start)?;
                    self.empty = true;
                    Some(Piece::Open)
                }
                Event::End(_) => Some(self.leave()),
                Event::Text(text) => {
                    let text = text.xml10_content();
                    if self.depth == 0 && !text.trim().is_empty() {
                        return Err(self.refuse(format!("text outside the root element: `{}`", excerpt(&text))));
                    }
                    tree.as_mut().map(|tree| tree.push_text(&text)).map(|()| Piece::Text)
                }
                Event::CData(text) => {
                    let text = text.xml10_content();
                    if self.depth == 0 {
                        return Err(self.refuse("text outside the root element"));
                    }
                    tree.as_mut().map(|tree| tree.push_text(&text)).map(|()| Piece::Text)
                }
                Event::GeneralRef(reference) => {
                    let name = reference.xml10_content();
                    let character = match reference.resolve_char_ref() {
                        Ok(Some(c)) if c != '\0' => c,
                        Ok(Some(_)) => return Err(self.refuse("a character reference to NUL")),
                        Ok(None) => match name.as_ref() {
                            "amp" => '&',
                            "lt" => '<',
                            "gt" => '>',
                            "quot" => '"',
                            "apos" => '\'',
                            other => {
                                let reason = format!("entity `&{};` is not one of the five of XML", excerpt(other));
                                return Err(self
                                    .refuse(reason)
                                    .hint("a bare `&` must be written `&amp;`; lists declare no entities"));
                            }
                        },
                        Err(error) => {
                            return Err(self.refuse(format!("not well-formed XML: {error}")));
                        }
                    };
                    if self.depth == 0 {
                        return Err(self.refuse("text outside the root element"));
                    }
                    tree.as_mut().map(|tree| tree.push_char(character)).map(|()| Piece::Text)
                }
                Event::Decl(declaration) => {
                    if let Some(Ok(encoding)) = declaration.encoding()
                        && !["utf-8", "utf8", "us-ascii", "ascii"].contains(&encoding.to_ascii_lowercase().as_str())
                    {
                        return Err(self.refuse(format!("encoding `{}`; only UTF-8 is read", excerpt(&encoding))));
                    }
                    None
                }
                Event::DocType(doctype) => {
                    if doctype.contains('[') || doctype.to_ascii_lowercase().contains("<!entity") {
                        return Err(self
                            .refuse("a DOCTYPE with declarations")
                            .hint("no list declares entities; do not trust this file"));
                    }
                    None
                }
                Event::Comment(_) | Event::PI(_) => None,
                Event::Eof => {
                    if self.depth > 0 {
                        return Err(self
                            .refuse("the file ends before its elements are closed: it is cut short")
                            .hint("get the file again from its publisher"));
                    }
                    if !self.closed {
                        return Err(self.refuse("no XML element in the file"));
                    }
                    Some(Piece::End)
                }
            };
            self.buffer = buffer;
            if let Some(piece) = piece {
                return Ok(piece);
            }
        }
    }

    fn enter(&mut self, start: &BytesStart<'_>) -> Result<(), Refusal> {
        if self.depth == 0 && self.closed {
            return Err(self.refuse("a second root element"));
        }
        if self.depth >= DEPTH {
            return Err(self.refuse(format!("elements are nested deeper than {DEPTH}")));
        }
        self.depth += 1;
        self.path.push('/');
        self.path.push_str(start.local_name().as_ref());
        let mut attributes = std::mem::take(&mut self.attributes);
        attributes.clear();
        for attribute in start.attributes() {
            let attribute = match attribute {
                Ok(attribute) => attribute,
                Err(error) => return Err(self.refuse(format!("not well-formed XML: {error}"))),
            };
            let value = match attribute.normalized_value(XmlVersion::Implicit1_0) {
                Ok(value) => value.into_owned(),
                Err(error) => return Err(self.refuse(format!("not well-formed XML: {error}"))),
            };
            attributes.push((attribute.key.as_ref().to_owned(), value));
        }
        self.attributes = attributes;
        Ok(())
    }

    fn leave(&mut self) -> Piece {
        self.depth = self.depth.saturating_sub(1);
        if let Some(cut) = self.path.rfind('/') {
            self.path.truncate(cut);
        }
        self.closed |= self.depth == 0;
        Piece::Close
    }
}

fn local(path: &str) -> &str {
    path.rfind('/').and_then(|cut| path.get(cut + 1..)).unwrap_or(path)
}

/// The start of a text, for messages.
pub(crate) fn excerpt(text: &str) -> String {
    const LEN: usize = 60;
    match text.char_indices().nth(LEN) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}
