//! Flat sections in one run of bytes: written once, mapped, read in place.
//!
//! Promises: every section is found and checked when the bytes are opened; reading is a view, not
//! a copy; bytes that were cut or made by another version are refused.
//!
//! Not here: what the sections mean (`index`), files (`store`).

use std::ops::Range;

use bytemuck::Pod;

use crate::index::NotDone;

const MAGIC: [u8; 16] = *b"interdict index\0";

/// Raised whenever the meaning of a section changes: stored indexes of another number are rebuilt.
pub const FORMAT: u32 = 8;

/// Sections start at multiples of this, so that any of our types can be viewed in place.
const ALIGN: usize = 8;

/// Collects sections.
#[derive(Default)]
pub struct Writer {
    sections: Vec<Vec<u8>>,
}

impl Writer {
    /// Adds the next section.
    pub fn push<T: Pod>(&mut self, items: &[T]) {
        self.sections.push(bytemuck::cast_slice(items).to_vec());
    }

    /// All sections behind a header that says where each lies.
    pub fn finish(self) -> Vec<u8> {
        let head = MAGIC.len() + 8 + 16 * self.sections.len();
        let padded = |n: usize| n.div_ceil(ALIGN) * ALIGN;
        let mut at = padded(head);
        let mut out = Vec::with_capacity(at + self.sections.iter().map(|s| padded(s.len())).sum::<usize>());
        out.extend(MAGIC);
        out.extend(FORMAT.to_le_bytes());
        out.extend((self.sections.len() as u32).to_le_bytes());
        for section in &self.sections {
            out.extend((at as u64).to_le_bytes());
            out.extend((section.len() as u64).to_le_bytes());
            at += padded(section.len());
        }
        for section in self.sections {
            out.resize(padded(out.len()), 0);
            out.extend(section);
        }
        out.resize(padded(out.len()), 0);
        out
    }
}

/// Where the sections of some bytes lie.
pub struct Sections {
    ranges: Vec<Range<usize>>,
}

impl Sections {
    /// Checks the header against the bytes.
    pub fn open(bytes: &[u8], expected: usize) -> Result<Self, NotDone> {
        let bad = |what: &str| NotDone::BadIndex(what.to_owned());
        let number = |at: usize| -> Option<u64> { Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?)) };
        if bytes.get(..MAGIC.len()) != Some(&MAGIC) {
            return Err(bad("it does not begin as an index does"));
        }
        let versions = number(MAGIC.len()).ok_or_else(|| bad("it ends in its header"))?;
        let (format, count) = (versions as u32, (versions >> 32) as usize);
        if format != FORMAT {
            return Err(bad("it was written by another version"));
        }
        if count != expected {
            return Err(bad("it has another number of sections"));
        }
        let mut ranges = Vec::with_capacity(count);
        for i in 0..count {
            let entry = MAGIC.len() + 8 + 16 * i;
            let (at, len) = number(entry).zip(number(entry + 8)).ok_or_else(|| bad("it ends in its header"))?;
            let end = at.checked_add(len).filter(|end| *end <= bytes.len() as u64 && at % ALIGN as u64 == 0);
            let end = end.ok_or_else(|| bad("a section lies outside its bytes; was the file cut?"))?;
            ranges.push(at as usize..end as usize);
        }
        if bytes.as_ptr().align_offset(ALIGN) != 0 {
            return Err(bad("it does not lie at a multiple of eight bytes in memory"));
        }
        Ok(Self { ranges })
    }

    /// Views a section.
    pub fn get<'a, T: Pod>(&self, bytes: &'a [u8], section: usize) -> Result<&'a [T], NotDone> {
        let range = self.ranges.get(section).cloned().unwrap_or(0..0);
        bytemuck::try_cast_slice(bytes.get(range).unwrap_or(&[]))
            .map_err(|_| NotDone::BadIndex(format!("section {section} has an odd length")))
    }
}

/// Groups of items laid out one after another: `starts[i]..starts[i + 1]` is group `i`.
#[derive(Clone, Copy)]
pub struct Groups<'a, T> {
    starts: &'a [u32],
    items: &'a [T],
}

impl<'a, T> Groups<'a, T> {
    /// From its two sections; with `check`, makes sure that they fit each other, which is enough
    /// once, when bytes are opened.
    pub fn new(starts: &'a [u32], items: &'a [T], check: bool) -> Result<Self, NotDone> {
        let fits = || {
            starts.is_sorted()
                && starts.first() == Some(&0)
                && starts.last().is_some_and(|&n| n as usize == items.len())
        };
        if check && !fits() {
            return Err(NotDone::BadIndex("groups do not fit their items".into()));
        }
        Ok(Self { starts, items })
    }

    /// The items of a group; none for a group there is not.
    #[inline]
    pub fn of(&self, group: usize) -> &'a [T] {
        let (Some(&from), Some(&to)) = (self.starts.get(group), self.starts.get(group + 1)) else { return &[] };
        self.items.get(from as usize..to as usize).unwrap_or(&[])
    }

    /// Where the items of a group lie among all items; nowhere for a group there is not.
    pub fn range(&self, group: usize) -> Range<u32> {
        let (Some(&from), Some(&to)) = (self.starts.get(group), self.starts.get(group + 1)) else { return 0..0 };
        from..to
    }

    /// Items by their place among all items.
    #[inline]
    pub fn items(&self, range: Range<usize>) -> &'a [T] {
        self.items.get(range).unwrap_or(&[])
    }

    /// An item by its place among all items.
    pub fn item(&self, at: usize) -> Option<&'a T> {
        self.items.get(at)
    }

    /// How many groups.
    pub fn count(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }
}

/// Sorts pairs into groups: the starts and the items of [`Groups`]. Keeps the order within a group.
pub fn group<T: Copy + Default>(groups: usize, pairs: &[(u32, T)]) -> (Vec<u32>, Vec<T>) {
    let mut starts = vec![0_u32; groups + 1];
    for (group, _) in pairs {
        starts[*group as usize + 1] += 1;
    }
    for i in 0..groups {
        starts[i + 1] += starts[i];
    }
    let mut next = starts.clone();
    let mut items = vec![T::default(); pairs.len()];
    for (group, item) in pairs {
        let at = &mut next[*group as usize];
        items[*at as usize] = *item;
        *at += 1;
    }
    (starts, items)
}
