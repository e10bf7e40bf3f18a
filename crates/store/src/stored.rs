//! Listings of several stored versions, numbered through: what a snapshot reads its hits from.
//!
//! Not here: how a version is opened (`content`), which versions belong together (`home`, `past`).

use std::ops::Range;
use std::sync::Arc;

use interdict_engine::ListingSource;
use interdict_model::{ListVersion, Listing};

use crate::Content;

/// A version, or some of its listings.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) content: Content,
    /// Numbers of the listings that are meant, in their order; none means all.
    pub(crate) only: Option<Vec<u64>>,
}

impl Part {
    /// A whole version.
    pub(crate) fn whole(content: Content) -> Self {
        Self { content, only: None }
    }

    pub(crate) fn count(&self) -> u64 {
        self.only.as_ref().map_or(self.content.manifest.version.listings, |only| only.len() as u64)
    }

    /// The version, with the count of what is taken of it.
    pub(crate) fn version(&self) -> ListVersion {
        ListVersion { listings: self.count(), ..self.content.manifest.version.clone() }
    }

    fn listing(&self, at: u64) -> Result<Listing, String> {
        let number = match &self.only {
            None => Some(at),
            Some(only) => usize::try_from(at).ok().and_then(|at| only.get(at)).copied(),
        };
        self.content.listing(number.ok_or_else(|| format!("no listing {at} in this part of a version"))?)
    }

    pub(crate) fn listings(&self) -> impl Iterator<Item = Result<Listing, String>> {
        (0..self.count()).map(|at| self.listing(at))
    }

    fn find(&self, reference: &str) -> Result<Vec<u64>, String> {
        let numbers = self.content.find(0..self.content.manifest.version.listings, reference)?;
        Ok(match &self.only {
            None => numbers,
            Some(only) => {
                numbers.iter().filter_map(|number| only.binary_search(number).ok()).map(|at| at as u64).collect()
            }
        })
    }
}

/// Listings of several parts, numbered through.
pub(crate) struct Stored {
    parts: Arc<Vec<Part>>,
    /// The first number of each part.
    starts: Vec<u32>,
}

impl Stored {
    pub(crate) fn over(parts: Arc<Vec<Part>>) -> Self {
        let mut next = 0u32;
        let mut starts = Vec::with_capacity(parts.len());
        for part in parts.iter() {
            starts.push(next);
            next = next.saturating_add(u32::try_from(part.count()).unwrap_or(u32::MAX));
        }
        Self { parts, starts }
    }

    fn part(&self, ordinal: u32) -> Option<(&Part, u32)> {
        // Empty lists share their start with the next one: the last start at or below is the owner.
        let at = self.starts.partition_point(|start| *start <= ordinal).checked_sub(1)?;
        Some((self.parts.get(at)?, *self.starts.get(at)?))
    }
}

impl ListingSource for Stored {
    fn listing(&self, ordinal: u32) -> Result<Listing, String> {
        let (part, start) = self.part(ordinal).ok_or_else(|| "no list holds it".to_owned())?;
        part.listing(u64::from(ordinal.saturating_sub(start)))
    }

    fn find(&self, range: Range<u32>, reference: &str) -> Result<Vec<u32>, String> {
        let Some((part, start)) = self.part(range.start) else { return Ok(Vec::new()) };
        let ordinal = |at: u64| u32::try_from(at).ok().and_then(|at| start.checked_add(at));
        let found = part.find(reference)?.into_iter().filter_map(ordinal);
        Ok(found.filter(|ordinal| range.contains(ordinal)).collect())
    }
}
