//! The lists that a screening runs against: their versions, the index over them, their listings.

use std::ops::Range;
use std::sync::Arc;

use interdict_model::{Digest, ListId, ListVersion, Listing};
use interdict_screening::{Index, IndexBuilder, NotDone};

use crate::past::Past;

/// Why a snapshot cannot answer. Never to be read as clear.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The index and the listings do not belong together.
    #[error("the index holds {index} listings, the lists hold {lists}\nhint: run `interdict lists rebuild`")]
    Mismatch {
        /// Listings of the index.
        index: u32,
        /// Listings of the lists.
        lists: u64,
    },
    /// A listing that the index names cannot be read.
    #[error("listing {ordinal} cannot be read: {reason}\nhint: run `interdict lists rebuild`")]
    Unreadable {
        /// Its position in the snapshot.
        ordinal: u32,
        /// What went wrong.
        reason: String,
    },
    /// A monitored party cannot be read.
    #[error("monitored party {number} cannot be read: {reason}\nhint: add the file of parties again")]
    UnreadableParty {
        /// Its position among the parties.
        number: u32,
        /// What went wrong.
        reason: String,
    },
    /// No listing has the list and reference asked for.
    #[error("{list}: no listing with the reference `{reference}`\nhint: {hint}")]
    NoSuchListing {
        /// The list.
        list: ListId,
        /// The reference or record.
        reference: String,
        /// What to try.
        hint: String,
    },
    /// The index cannot be used.
    #[error(transparent)]
    Index(#[from] NotDone),
}

/// Where a listing's full text comes from when a hit is to be shown.
pub trait ListingSource: Send + Sync {
    /// The listing at a position of the snapshot.
    ///
    /// # Errors
    /// What stands in the way, in words.
    fn listing(&self, ordinal: u32) -> Result<Listing, String>;

    /// Positions within a range whose reference or record is this text.
    ///
    /// # Errors
    /// What stands in the way, in words.
    fn find(&self, range: Range<u32>, reference: &str) -> Result<Vec<u32>, String> {
        let mut found = Vec::new();
        for ordinal in range {
            let listing = self.listing(ordinal)?;
            if listing.record == reference || listing.reference.as_deref() == Some(reference) {
                found.push(ordinal);
            }
        }
        Ok(found)
    }
}

/// The bytes of an index, in memory or mapped from a file.
pub struct IndexBytes(Box<dyn AsRef<[u8]> + Send + Sync>);

impl IndexBytes {
    /// Bytes held or mapped by `bytes`.
    pub fn new(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self(Box::new(bytes))
    }
}

impl AsRef<[u8]> for IndexBytes {
    fn as_ref(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

/// One list of a snapshot.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) version: ListVersion,
    pub(crate) ordinals: Range<u32>,
}

/// Versions of lists, the index over all of them, and their listings.
pub struct Snapshot {
    digest: Digest,
    pub(crate) parts: Vec<Part>,
    pub(crate) index: Index<IndexBytes>,
    source: Box<dyn ListingSource>,
    unindexed: Vec<(u32, String)>,
    starter: bool,
    past: Option<Arc<Past>>,
}

impl Snapshot {
    /// The id of a snapshot: the hash of its lists' ids and of what was read from each.
    pub fn digest_of<'a>(lists: impl IntoIterator<Item = (&'a ListId, &'a Digest)>) -> Digest {
        let mut bytes = Vec::new();
        for (list, digest) in lists {
            bytes.extend((list.0.len() as u64).to_be_bytes());
            bytes.extend(list.0.as_bytes());
            bytes.extend(digest.0);
        }
        Digest::of(&bytes)
    }

    /// A snapshot of versions whose listings stand in the index one list after another; `unindexed`
    /// are the names of listings that the index could not take, with the reason.
    ///
    /// # Errors
    /// When the index cannot be opened or does not hold the versions' listings.
    pub fn new(
        digest: Digest,
        versions: Vec<ListVersion>,
        index: IndexBytes,
        source: Box<dyn ListingSource>,
        unindexed: Vec<(u32, String)>,
    ) -> Result<Self, SnapshotError> {
        let index = Index::open(index)?;
        let mut parts = Vec::with_capacity(versions.len());
        let mut next = 0u64;
        for version in versions {
            let end = next.saturating_add(version.listings);
            let ordinal = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
            parts.push(Part { version, ordinals: ordinal(next)..ordinal(end) });
            next = end;
        }
        if u64::from(index.listings()) != next {
            return Err(SnapshotError::Mismatch { index: index.listings(), lists: next });
        }
        Ok(Self { digest, parts, index, source, unindexed, starter: false, past: None })
    }

    /// A snapshot held in memory: for the starter list, tests and pairs.
    ///
    /// # Errors
    /// When the index that is built cannot be opened.
    pub fn in_memory(lists: Vec<(ListVersion, Vec<Listing>)>) -> Result<Self, SnapshotError> {
        let digest = Self::digest_of(lists.iter().map(|(version, _)| (&version.list, &version.digest)));
        let mut builder = IndexBuilder::default();
        let mut held = Vec::new();
        let mut versions = Vec::with_capacity(lists.len());
        for (version, listings) in lists {
            versions.push(version);
            for listing in listings {
                builder.add(&listing);
                held.push(listing);
            }
        }
        let unindexed = builder.left_out().to_vec();
        Self::new(digest, versions, IndexBytes::new(builder.finish()), Box::new(Held(held)), unindexed)
    }

    pub(crate) fn mark_starter(mut self) -> Self {
        self.starter = true;
        self
    }

    /// The same, as the answer to a question about the past.
    #[must_use]
    pub fn with_past(mut self, past: Past) -> Self {
        self.past = Some(Arc::new(past));
        self
    }

    /// The question about the past that it answers, and what it rests on.
    pub fn past(&self) -> Option<&Arc<Past>> {
        self.past.as_ref()
    }

    /// Its id.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether it is the built-in starter list, which is not for production.
    pub fn is_starter(&self) -> bool {
        self.starter
    }

    /// The versions it holds.
    pub fn versions(&self) -> impl ExactSizeIterator<Item = &ListVersion> {
        self.parts.iter().map(|part| &part.version)
    }

    /// How many listings it holds.
    pub fn listings(&self) -> u32 {
        self.index.listings()
    }

    /// How many names it holds.
    pub fn names(&self) -> u32 {
        self.index.names()
    }

    /// Records that its lists have and it has not, each a named rejection of the import, and names
    /// that the index could not take.
    pub fn left_out(&self) -> u64 {
        let rejections: u64 = self.parts.iter().map(|part| part.version.rejections).sum();
        rejections.saturating_add(self.unindexed.len() as u64)
    }

    /// Names of listings that are not compared, by position of the listing, with the reason.
    pub fn unindexed(&self) -> &[(u32, String)] {
        &self.unindexed
    }

    /// The positions of a list's listings.
    pub fn ordinals(&self, list: &ListId) -> Option<Range<u32>> {
        self.parts.iter().find(|part| part.version.list == *list).map(|part| part.ordinals.clone())
    }

    pub(crate) fn part_of(&self, ordinal: u32) -> Option<&Part> {
        let next = self.parts.partition_point(|part| part.ordinals.end <= ordinal);
        self.parts.get(next)
    }

    /// The list that a position belongs to.
    pub fn version_of(&self, ordinal: u32) -> Option<&ListVersion> {
        self.part_of(ordinal).map(|part| &part.version)
    }

    /// The listing at a position.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn listing(&self, ordinal: u32) -> Result<Listing, SnapshotError> {
        self.source.listing(ordinal).map_err(|reason| SnapshotError::Unreadable { ordinal, reason })
    }

    /// Positions of the listings of a list with this reference or record: usually one.
    ///
    /// # Errors
    /// When there is no such list or listing.
    pub fn find(&self, list: &ListId, reference: &str) -> Result<Vec<u32>, SnapshotError> {
        let missing =
            |hint: String| SnapshotError::NoSuchListing { list: list.clone(), reference: reference.to_owned(), hint };
        // Of a list in the past there may be two versions.
        let parts: Vec<&Part> = self.parts.iter().filter(|part| part.version.list == *list).collect();
        if parts.is_empty() {
            let lists: Vec<&str> = self.versions().map(|version| version.list.0.as_str()).collect();
            return Err(missing(format!("lists in use: {}", lists.join(", "))));
        }
        let mut found = Vec::new();
        for Part { ordinals, .. } in parts {
            let at = self.source.find(ordinals.clone(), reference);
            found.extend(at.map_err(|reason| SnapshotError::Unreadable { ordinal: ordinals.start, reason })?);
        }
        if found.is_empty() {
            return Err(missing(format!("`interdict lists show {list}` prints its references")));
        }
        Ok(found)
    }
}

struct Held(Vec<Listing>);

impl ListingSource for Held {
    fn listing(&self, ordinal: u32) -> Result<Listing, String> {
        let held = usize::try_from(ordinal).ok().and_then(|i| self.0.get(i));
        held.cloned().ok_or_else(|| "no such listing in memory".to_owned())
    }
}
