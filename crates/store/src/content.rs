//! What was read from one version of a list: written while it is read, opened without reading it all.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use interdict_lists::Reading;
use interdict_model::{Digest, ListVersion, Listing, Rejection};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::packed::{self, Bytes};
use crate::{Acceptance, StoreError, durable};

/// A publisher's file as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RawFile {
    /// Its name when it was imported, without its folder: where it lay is nobody's business who reads this.
    pub name: String,
    /// What it is within its set.
    pub role: String,
    /// Hash of its bytes; it is kept as `raw/<digest>.gz`.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: u64,
}

/// A file's name without its folder, on whatever platform that was.
pub(crate) fn without_folder(name: &str) -> &str {
    name.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(name)
}

/// What is known of a version of a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The version.
    pub version: ListVersion,
    /// Hash of its listings as stored.
    pub content: Digest,
    /// The version of the program that read it.
    pub reader: String,
    /// The publisher's files.
    pub files: Vec<RawFile>,
    /// What holds something in the files and is not understood, with counts.
    pub unknown_fields: BTreeMap<String, u64>,
    /// What a person should know about the files.
    pub notes: Vec<String>,
    /// Columns of an internal list, as they were mapped.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mapping: BTreeMap<String, String>,
    /// When its files were first received; none if that was not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Timestamp>,
    /// Listings that say something of a field, by the field: what a change of layout takes away.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub filled: BTreeMap<String, u64>,
    /// Doubts about it that a person put aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<Acceptance>,
}

impl Manifest {
    /// The manifest in a version's folder.
    pub(crate) fn read(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("manifest.json");
        let json = fs::read(&path).map_err(StoreError::io(&path))?;
        serde_json::from_slice(&json).map_err(|error| StoreError::damaged(&path, error.to_string()))
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<(), StoreError> {
        let path = folder.join("manifest.json");
        let json = serde_json::to_vec_pretty(self).map_err(|error| StoreError::io(&path)(error.into()))?;
        durable::write(&path, &[&json])
    }
}

/// What an import says of a version beyond its files.
pub(crate) struct Receipt {
    pub(crate) mapping: BTreeMap<String, String>,
    pub(crate) received: Option<Timestamp>,
}

/// Takes listings while a list is read.
pub(crate) struct Writer {
    folder: PathBuf,
    listings: BufWriter<File>,
    offsets: Vec<u8>,
    written: u64,
    line: Vec<u8>,
    failed: Option<io::Error>,
    hashes: Vec<u8>,
    filled: BTreeMap<String, u64>,
}

impl Writer {
    pub(crate) fn create(folder: &Path) -> Result<Self, StoreError> {
        durable::private_folder(folder)?;
        let path = folder.join("listings.jsonl");
        let file = durable::private_file(&path).map_err(StoreError::io(&path))?;
        Ok(Self {
            folder: folder.to_owned(),
            listings: BufWriter::with_capacity(1 << 18, file),
            offsets: 0u64.to_le_bytes().to_vec(),
            written: 0,
            line: Vec::new(),
            failed: None,
            hashes: Vec::new(),
            filled: BTreeMap::new(),
        })
    }

    /// Adds a listing. A failure is kept for [`Writer::finish`]: the reader of a list has no use for it.
    pub(crate) fn add(&mut self, listing: &Listing) {
        if self.failed.is_some() {
            return;
        }
        for field in filled(listing) {
            let count = self.filled.entry(field.to_owned()).or_default();
            *count = count.saturating_add(1);
        }
        self.line.clear();
        let written = serde_json::to_writer(&mut self.line, listing).map_err(io::Error::from);
        self.line.push(b'\n');
        if let Err(error) = written.and_then(|()| self.listings.write_all(&self.line)) {
            self.failed = Some(error);
        }
        self.hashes.extend(Digest::of(&self.line).0);
        self.written = self.written.saturating_add(self.line.len() as u64);
        self.offsets.extend(self.written.to_le_bytes());
    }

    pub(crate) fn finish(
        self,
        reading: &Reading,
        version: ListVersion,
        files: Vec<RawFile>,
        receipt: Receipt,
    ) -> Result<Manifest, StoreError> {
        let path = self.folder.join("listings.jsonl");
        if let Some(error) = self.failed {
            return Err(StoreError::io(&path)(error));
        }
        let file = self.listings.into_inner().map_err(|error| StoreError::io(&path)(error.into_error()))?;
        file.sync_all().map_err(StoreError::io(&path))?;
        durable::write(&self.folder.join("offsets.bin"), &[&self.offsets])?;
        let mut rejections = Vec::new();
        for rejection in &reading.rejections {
            // Texts alone; they always have a JSON form.
            serde_json::to_writer(&mut rejections, rejection).map_err(|error| StoreError::io(&path)(error.into()))?;
            rejections.push(b'\n');
        }
        durable::write(&self.folder.join("rejections.jsonl"), &[&rejections])?;
        // Of the version and of each listing: a reader that learns more makes another content.
        let head = serde_json::to_vec(&version).map_err(|error| StoreError::io(&path)(error.into()))?;
        let manifest = Manifest {
            version,
            content: Digest::of_parts([head.as_slice(), self.hashes.as_slice(), rejections.as_slice()]),
            reader: interdict_engine::VERSION.to_owned(),
            files,
            unknown_fields: reading.unknown_fields.clone(),
            notes: reading.notes.clone(),
            mapping: receipt.mapping,
            received: receipt.received,
            filled: self.filled,
            accepted: Vec::new(),
        };
        manifest.write(&self.folder)?;
        Ok(manifest)
    }
}

/// The fields that a listing says something of.
fn filled(listing: &Listing) -> impl Iterator<Item = &'static str> {
    let entity = &listing.entity;
    let fields = [
        ("aliases", entity.names.len() > 1),
        ("births", !entity.births.is_empty()),
        ("birth places", !entity.birth_places.is_empty()),
        ("nationalities", !entity.nationalities.is_empty()),
        ("identifiers", !entity.identifiers.is_empty()),
        ("addresses", !entity.addresses.is_empty()),
        ("programmes", listing.designations.iter().any(|act| !act.value.programme.is_empty())),
        ("dates of listing", listing.designations.iter().any(|act| act.value.listed_on.is_some())),
    ];
    fields.into_iter().filter(|(_, is_filled)| *is_filled).map(|(field, _)| field)
}

/// A stored version of a list.
#[derive(Debug)]
pub struct Content {
    folder: PathBuf,
    /// What is known of it.
    pub manifest: Manifest,
    listings: Bytes,
    offsets: Bytes,
}

impl Content {
    /// Opens what an import wrote.
    ///
    /// # Errors
    /// When files are missing or do not belong together.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let manifest = Manifest::read(folder)?;
        let listings = packed::open(&folder.join("listings.jsonl"))?;
        let offsets = packed::open(&folder.join("offsets.bin"))?;
        let content = Self { folder: folder.to_owned(), manifest, listings, offsets };
        let count = content.manifest.version.listings;
        if content.offsets.as_ref().len() as u64 != count.saturating_add(1).saturating_mul(8)
            || content.offset(count) != Some(content.listings.as_ref().len())
        {
            return Err(StoreError::damaged(folder, format!("the stored listings are not the {count} that were read")));
        }
        Ok(content)
    }

    fn offset(&self, number: u64) -> Option<usize> {
        let at = usize::try_from(number).ok()?.checked_mul(8)?;
        let bytes = self.offsets.as_ref().get(at..at.checked_add(8)?)?;
        usize::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok()
    }

    fn line(&self, number: u64) -> Option<&[u8]> {
        self.listings.as_ref().get(self.offset(number)?..self.offset(number.checked_add(1)?)?)
    }

    /// The listing of a number, counted from 0.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn listing(&self, number: u64) -> Result<Listing, String> {
        let line = self.line(number).ok_or_else(|| format!("no listing {number} in {}", self.folder.display()))?;
        serde_json::from_slice(line).map_err(|error| format!("{}: listing {number}: {error}", self.folder.display()))
    }

    /// Every listing, in the order of the file.
    pub fn listings(&self) -> impl Iterator<Item = Result<Listing, String>> {
        (0..self.manifest.version.listings).map(|number| self.listing(number))
    }

    /// The publisher's numbers of all listings.
    pub(crate) fn records(&self) -> Result<HashSet<String>, StoreError> {
        #[derive(Deserialize)]
        struct Record {
            record: String,
        }
        let numbers = 0..self.manifest.version.listings;
        let lines = numbers.map(|number| self.line(number).unwrap_or_default());
        lines
            .map(|line| serde_json::from_slice::<Record>(line).map(|one| one.record))
            .collect::<Result<_, _>>()
            .map_err(|error| StoreError::damaged(&self.folder.join("listings.jsonl"), error.to_string()))
    }

    /// Numbers of the listings with a reference or record.
    ///
    /// # Errors
    /// When a listing that may be meant cannot be read.
    pub fn find(&self, numbers: Range<u64>, reference: &str) -> Result<Vec<u64>, String> {
        // The text is looked for first: reading every listing of a large list takes a second.
        let quoted = serde_json::to_string(reference).unwrap_or_default();
        let mut found = Vec::new();
        for number in numbers {
            let may = self.line(number).is_some_and(|line| String::from_utf8_lossy(line).contains(&quoted));
            if may {
                let listing = self.listing(number)?;
                if listing.record == reference || listing.reference.as_deref() == Some(reference) {
                    found.push(number);
                }
            }
        }
        Ok(found)
    }

    /// What was not read, and why.
    ///
    /// # Errors
    /// When the file is missing or damaged.
    pub fn rejections(&self) -> Result<Vec<Rejection>, StoreError> {
        let path = self.folder.join("rejections.jsonl");
        let bytes = packed::open(&path)?;
        let lines = bytes.as_ref().split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines
            .map(|line| serde_json::from_slice(line).map_err(|error| StoreError::damaged(&path, error.to_string())))
            .collect()
    }
}
