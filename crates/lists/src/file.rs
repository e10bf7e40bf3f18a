//! A file's bytes as a guarded stream: unpacked if gzipped, bounded, counted in lines.

use std::io::{self, BufRead, BufReader, Read};

use flate2::read::MultiGzDecoder;

/// The most one unit (an element's text, a row) may hold. The longest real one, a remark of OFAC
/// with its overflow, is below 20 KiB; 4 MiB leaves room and bounds memory.
pub(crate) const UNIT_LIMIT: u64 = 4 << 20;

/// The most a gzipped file may unpack to. The largest published list (all of OpenSanctions as
/// nested FollowTheMoney) is below 4 GiB; a bomb of 10 MiB unpacks to 10 GiB.
const UNPACKED_LIMIT: u64 = 4 << 30;

/// Bytes handed out at once: a parser can look no further ahead than this before it is checked.
const CHUNK: usize = 64 << 10;

/// One file to import: its name is for messages only.
#[derive(Clone, Copy, Debug)]
pub struct SourceFile<'a> {
    /// As the caller names it.
    pub name: &'a str,
    /// All its bytes, usually memory-mapped.
    pub bytes: &'a [u8],
}

impl<'a> SourceFile<'a> {
    /// Whether the bytes are a gzip stream.
    pub fn is_gzip(&self) -> bool {
        self.bytes.starts_with(&[0x1f, 0x8b])
    }

    pub(crate) fn open(&self) -> Guarded<'a> {
        let inner = if self.is_gzip() {
            Inner::Gzip(Box::new(BufReader::with_capacity(
                CHUNK,
                MultiGzDecoder::new(self.bytes).take(UNPACKED_LIMIT + 1),
            )))
        } else {
            Inner::Plain(self.bytes)
        };
        let mut guarded = Guarded { inner, checked: 0, offset: 0, line: 1, unit: 0, limit: UNIT_LIMIT };
        if guarded.fill_buf().is_ok_and(|head| head.starts_with(b"\xef\xbb\xbf")) {
            guarded.consume(3);
        }
        guarded
    }

    /// The first bytes, unpacked, without a byte order mark: enough to recognise a format by.
    pub(crate) fn head(&self, len: usize) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        self.open().take(len as u64).read_to_end(&mut head)?;
        Ok(head)
    }
}

enum Inner<'a> {
    Plain(&'a [u8]),
    Gzip(Box<BufReader<io::Take<MultiGzDecoder<&'a [u8]>>>>),
}

/// The stream that parsers read: refuses NUL bytes and units beyond the limit.
pub(crate) struct Guarded<'a> {
    inner: Inner<'a>,
    /// Bytes of the current buffer that were looked at for NUL.
    checked: usize,
    offset: u64,
    line: u64,
    unit: u64,
    limit: u64,
}

impl Guarded<'_> {
    /// The line of the next byte, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// A new unit begins: the limit counts from here.
    pub(crate) fn mark(&mut self) {
        self.unit = 0;
    }
}

impl BufRead for Guarded<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.unit > self.limit {
            return Err(io::Error::other(format!("more than {} MiB without an end of the field", self.limit >> 20)));
        }
        if self.offset > UNPACKED_LIMIT {
            return Err(io::Error::other(format!("unpacks to more than {} GiB", UNPACKED_LIMIT >> 30)));
        }
        let buffer = match &mut self.inner {
            Inner::Plain(rest) => &rest[..rest.len().min(CHUNK)],
            Inner::Gzip(reader) => reader.fill_buf()?,
        };
        if self.checked < buffer.len() {
            if buffer[self.checked..].contains(&0) {
                return Err(io::Error::other("holds a NUL byte: not text, or text in UTF-16"));
            }
            self.checked = buffer.len();
        }
        Ok(buffer)
    }

    fn consume(&mut self, amount: usize) {
        let newlines = |bytes: &[u8]| bytes.iter().filter(|b| **b == b'\n').count() as u64;
        match &mut self.inner {
            Inner::Plain(rest) => {
                let amount = amount.min(rest.len());
                self.line += newlines(&rest[..amount]);
                *rest = &rest[amount..];
            }
            Inner::Gzip(reader) => {
                let buffer = reader.buffer();
                self.line += newlines(&buffer[..amount.min(buffer.len())]);
                reader.consume(amount);
            }
        }
        self.checked = self.checked.saturating_sub(amount);
        self.offset = self.offset.saturating_add(amount as u64);
        self.unit = self.unit.saturating_add(amount as u64);
    }
}

/// Readers that pull bytes rather than lines are readers of JSON: a unit ends with an object.
impl Read for Guarded<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let buffer = self.fill_buf()?;
        let len = buffer.len().min(out.len());
        out[..len].copy_from_slice(&buffer[..len]);
        let end = out[..len].iter().rposition(|b| *b == b'}');
        self.consume(len);
        if let Some(end) = end {
            self.unit = (len - end) as u64;
        }
        Ok(len)
    }
}
