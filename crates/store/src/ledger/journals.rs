//! The two journals: one is written to while what stands in the other is put into tiles.
//!
//! Promises: which one is written to follows from what stands in them, for every process alike: the one with the
//! newest frame that is not in tiles. So a change of journals is one commit, and nothing else.
//!
//! Not here: one journal (`journal`), what a commit means (`log`).

use super::Place;
use super::frame::Frame;
use super::journal::{Journal, wipe};
use crate::{StoreError, durable};

/// The second is made when the first is full: a home with a few commits has one.
const NAMES: [&str; 2] = ["journal", "journal.2"];

/// The open journals.
#[derive(Debug)]
pub(super) struct Journals {
    newest: Journal,
    /// The other one, once there is one.
    other: Option<Journal>,
    place: Place,
    /// Which name the newest has.
    is_second: bool,
}

/// Frames of one journal that are not in tiles.
pub(super) type Frames = Vec<Frame>;

impl Journals {
    /// Opens them. Of frames that are not in tiles it gives those of the newest last.
    ///
    /// The folder that others read is made durable before a journal is emptied: the checkpoint that covers it may
    /// have been replaced a moment ago.
    pub(super) fn open(place: &Place, folded: u64) -> Result<(Self, Frames, Frames), StoreError> {
        let open = |name: &str| {
            let (mut journal, mut frames) = Journal::open(&place.private.join(name), folded)?;
            let all = frames.len();
            frames.retain(|frame| frame.end() > folded);
            if all > 0 && frames.is_empty() {
                durable::sync_folder(&place.public)?;
                journal.clear()?;
            }
            Ok::<_, StoreError>((journal, frames))
        };
        let (first, frames) = open(NAMES[0])?;
        if !place.private.join(NAMES[1]).exists() {
            let own = Self { newest: first, other: None, place: place.clone(), is_second: false };
            return Ok((own, Vec::new(), frames));
        }
        let (second, later) = open(NAMES[1])?;
        let end = |frames: &Frames| frames.last().map_or(0, Frame::end);
        let is_second = end(&later) > end(&frames);
        let (newest, other) = if is_second { (second, first) } else { (first, second) };
        let (before, after) = if is_second { (frames, later) } else { (later, frames) };
        Ok((Self { newest, other: Some(other), place: place.clone(), is_second }, before, after))
    }

    /// Bytes of whole frames in the newest.
    pub(super) fn newest(&self) -> u64 {
        self.newest.length()
    }

    /// Bytes of whole frames in both.
    pub(super) fn length(&self) -> u64 {
        self.newest.length().saturating_add(self.other.as_ref().map_or(0, Journal::length))
    }

    /// Cuts off what was not acknowledged. Whoever calls it knows that no other process added anything since.
    pub(super) fn mend(&mut self) -> Result<(), StoreError> {
        self.newest.mend()?;
        self.other.as_mut().map_or(Ok(()), Journal::mend)
    }

    /// Whether the other may be written to: all that stood in it is in tiles.
    pub(super) fn may_change(&self) -> bool {
        self.other.as_ref().is_none_or(|other| other.length() == 0)
    }

    /// Adds a frame and makes it durable. After an error nothing of it counts.
    pub(super) fn append(&mut self, frame: &Frame) -> Result<(), StoreError> {
        self.newest.append(frame)
    }

    /// The same in the other journal, which is the newest from then on.
    pub(super) fn append_to_other(&mut self, frame: &Frame) -> Result<(), StoreError> {
        let other = match &mut self.other {
            Some(other) => other,
            None => {
                let (other, _) = Journal::open(&self.place.private.join(NAMES[usize::from(!self.is_second)]), 0)?;
                durable::sync_folder(&self.place.private)?;
                self.other.insert(other)
            }
        };
        other.append(frame)?;
        std::mem::swap(&mut self.newest, other);
        self.is_second = !self.is_second;
        Ok(())
    }

    /// Overwrites the journal that is not the newest one now; for whoever put what stood in it into tiles.
    pub(super) fn wiper(&self) -> impl FnOnce() -> Result<(), StoreError> + Send + use<> {
        let path = self.place.private.join(NAMES[usize::from(!self.is_second)]);
        move || wipe(&path)
    }

    /// Says that it was done.
    pub(super) fn was_wiped(&mut self) {
        if let Some(other) = &mut self.other {
            other.was_wiped();
        }
    }

    /// Empties both, when all is in tiles, and gives their room back.
    pub(super) fn clear(&mut self) -> Result<(), StoreError> {
        let newest = self.newest.clear();
        self.other.as_mut().map_or(Ok(()), Journal::clear)?;
        newest
    }
}
