//! A journal: what was committed and may not be in tiles yet, one frame a commit.
//!
//! Promises: a frame is whole or it is not there; what stands behind the last whole frame was never
//! acknowledged and is cut off; a frame that is damaged in front of a whole one that is not in tiles is an
//! error, because a crash cannot do that. A commit is one sync, and, where the file has room, one that
//! changes neither its size nor which blocks it has.
//!
//! Not here: what a frame says (`frame`), which of two journals is written to (`journals`).

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::frame::{Frame, frame, is_magic};
use crate::{StoreError, durable};

/// The least and the most room that is made at once: a single command writes no megabytes, and a service
/// soon makes none.
const ROOM: (u64, u64) = (64 << 10, 1 << 20);

/// What is wiped between two syncs. A commit's sync waits behind this one: a whole journal at once is a tenth of a second.
const WIPE: u64 = 512 << 10;

/// Room that is kept when all frames are in tiles; more is given back to the disk.
const KEEP: u64 = 16 << 20;

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes of whole frames.
    length: u64,
    /// Bytes of the file; those behind the frames are zero.
    size: u64,
    /// What was not acknowledged could not be cut off.
    broken: bool,
}

impl Journal {
    /// Opens or creates it and reads its frames; what was never acknowledged is cut off. Entries before `folded`
    /// are in tiles.
    pub(super) fn open(path: &Path, folded: u64) -> Result<(Self, Vec<Frame>), StoreError> {
        let io = || StoreError::io(path);
        let mut file = durable::private_options().read(true).create(true).truncate(false).open(path).map_err(io())?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io())?;
        let mut frames = Vec::new();
        let mut length = 0usize;
        while let Some((whole, size)) = bytes.get(length..).and_then(frame) {
            frames.push(whole);
            length = length.saturating_add(size);
        }
        let rest = bytes.get(length..).unwrap_or_default();
        let is_room = rest.iter().all(|byte| *byte == 0);
        // A commit begins only after the one before is whole: nothing whole can follow what is torn. But for what
        // is in tiles: it is overwritten in any order.
        let begins = |four: &[u8]| four.first_chunk().is_some_and(is_magic);
        let later = rest.windows(4).enumerate().skip(1).filter(|(_, four)| !is_room && begins(four));
        let counts = |at: usize| rest.get(at..).and_then(frame).is_some_and(|(frame, _)| frame.end() > folded);
        if later.into_iter().any(|(at, _)| counts(at)) {
            return Err(StoreError::Damaged {
                path: path.to_owned(),
                reason: format!("the frame at byte {length} is damaged, and whole ones follow it"),
                hint: "no crash does that: restore the ledger's folders from a copy and keep this one as evidence"
                    .to_owned(),
            });
        }
        let (length, size) = (length as u64, bytes.len() as u64);
        let mut journal = Self { path: path.to_owned(), file, length, size, broken: false };
        if !is_room {
            journal.cut()?;
        }
        Ok((journal, frames))
    }

    /// Bytes of whole frames.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Cuts off what was not acknowledged, if that is not done yet.
    pub(super) fn mend(&mut self) -> Result<(), StoreError> {
        if self.broken {
            self.cut()?;
            self.broken = false;
        }
        Ok(())
    }

    fn cut(&mut self) -> Result<(), StoreError> {
        self.file.set_len(self.length).and_then(|()| self.file.sync_data()).map_err(StoreError::io(&self.path))?;
        self.size = self.length;
        Ok(())
    }

    /// Adds a frame and makes it durable. After an error nothing of it counts.
    pub(super) fn append(&mut self, frame: &Frame) -> Result<(), StoreError> {
        let (start, size) = frame.start()?;
        let end = self.length.saturating_add(size);
        let written = self.file.seek(SeekFrom::Start(self.length)).and_then(|_| {
            self.file.write_all(&start)?;
            self.file.write_all(frame.sheaf.bundle())?;
            self.file.write_all(frame.sheaf.tie_bytes())
        });
        if let Err(error) = written {
            // The disk is full, most likely.
            self.broken = self.cut().is_err();
            return Err(StoreError::io(&self.path)(error));
        }
        if end > self.size {
            self.size = end;
            self.make_room();
        }
        if let Err(error) = self.file.sync_data() {
            // The next sync may say "done" and have lost these pages: they are cut off, and written anew by whoever
            // tries again.
            self.broken = self.cut().is_err();
            return Err(StoreError::io(&self.path)(error));
        }
        self.length = end;
        Ok(())
    }

    /// Writes zeros behind what was written, so that the commits that follow find blocks to write to.
    fn make_room(&mut self) {
        let room = self.size.clamp(ROOM.0, ROOM.1);
        if zeros(&mut self.file, room).is_ok() {
            self.size = self.size.saturating_add(room);
        }
        // Where the disk has no room to spare, commits go on without. What was written of it is zero all the same.
    }

    /// Empties it, when all of it is in tiles.
    pub(super) fn clear(&mut self) -> Result<(), StoreError> {
        self.length = 0;
        let cut = self.cut();
        self.broken = cut.is_err();
        cut
    }

    /// Says that someone emptied it who had it open too.
    pub(super) fn was_wiped(&mut self) {
        self.length = 0;
        self.size = self.file.metadata().map_or(0, |meta| meta.len());
    }
}

fn zeros(file: &mut File, mut count: u64) -> std::io::Result<()> {
    let some = [0; 64 << 10];
    while count > 0 {
        let part = some.get(..usize::try_from(count).unwrap_or(usize::MAX)).unwrap_or(&some);
        file.write_all(part)?;
        count = count.saturating_sub(part.len() as u64);
    }
    Ok(())
}

/// Empties a journal, all of which is in tiles, and keeps its room: salts are overwritten.
pub(super) fn wipe(path: &Path) -> Result<(), StoreError> {
    let wipe = || {
        let mut file = OpenOptions::new().write(true).open(path)?;
        let mut size = file.metadata()?.len();
        if size > KEEP {
            file.set_len(0)?;
            return file.sync_data();
        }
        while size > 0 {
            let part = size.min(WIPE);
            zeros(&mut file, part)?;
            file.sync_data()?;
            size = size.saturating_sub(part);
        }
        Ok(())
    };
    wipe().map_err(StoreError::io(path))
}

#[cfg(test)]
mod tests {
    use interdict_ledger::Salt;
    use interdict_ledger::entry::Retention;
    use interdict_model::Digest;

    use super::super::frame::{FIRST_MAGIC, put};
    use super::super::sheaf::Sheaf;
    use super::*;

    fn some(first: u64) -> Frame {
        let mut sheaf = Sheaf::default();
        sheaf.add(b"one").unwrap();
        sheaf.tie(-5, Retention::FiveYears, &Salt([4; 32]), Digest::of(b"r"), "customer ä");
        sheaf.add(b"").unwrap();
        sheaf.move_by(first);
        Frame { first, note: "note\n".to_owned(), sheaf }
    }

    /// As version 0.1 wrote it before entries were kept as bundles.
    fn as_before(frame: &Frame) -> Vec<u8> {
        let mut body = frame.first.to_le_bytes().to_vec();
        put(&mut body, frame.note.as_bytes());
        body.extend((frame.sheaf.len() as u32).to_le_bytes());
        (0..frame.sheaf.len()).for_each(|n| put(&mut body, frame.sheaf.entry(n).unwrap()));
        body.extend((frame.sheaf.ties().count() as u32).to_le_bytes());
        frame.sheaf.ties().for_each(|tie| tie.put(&mut body));
        [FIRST_MAGIC.as_slice(), &(body.len() as u32).to_le_bytes(), &Digest::of(&body).0, &body].concat()
    }

    #[test]
    fn frames_of_earlier_versions_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let before = [as_before(&some(0)), as_before(&some(2))].concat();
        std::fs::write(&path, &before).unwrap();
        let (mut journal, frames) = Journal::open(&path, 0).unwrap();
        assert_eq!(frames, [some(0), some(2)]);
        let tie = frames[1].sheaf.ties().next().unwrap();
        assert_eq!((tie.index, tie.at_ms, tie.reference.as_str()), (2, -5, "customer ä"));
        journal.append(&some(4)).unwrap();
        assert_eq!(Journal::open(&path, 0).unwrap().1, [some(0), some(2), some(4)]);
        let whole = std::fs::read(&path).unwrap();
        for at in 0..before.len() {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            std::fs::write(&path, &altered).unwrap();
            assert!(Journal::open(&path, 0).is_err(), "{at}");
        }
    }

    #[test]
    fn a_journal_cut_anywhere_keeps_its_whole_frames() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, none) = Journal::open(&path, 0).unwrap();
        assert!(none.is_empty());
        let mut ends = vec![0];
        for first in [0, 2, 4] {
            journal.append(&some(first)).unwrap();
            ends.push(journal.length());
        }
        let whole = std::fs::read(&path).unwrap();
        let (bytes, room) = whole.split_at(usize::try_from(ends[3]).unwrap());
        assert!(room.len() > 1000 && room.iter().all(|byte| *byte == 0));
        for cut in 0..=bytes.len() {
            let frames_left = ends.iter().filter(|end| **end <= cut as u64).count() - 1;
            // What was not written any more is not there, or as it was before.
            for behind in [0, 100] {
                std::fs::write(&path, [&bytes[..cut], &room[..behind]].concat()).unwrap();
                let (journal, frames) = Journal::open(&path, 0).unwrap();
                assert_eq!(frames, [some(0), some(2), some(4)][..frames_left], "cut at {cut}");
                let (left, length) = (std::fs::read(&path).unwrap(), usize::try_from(journal.length()).unwrap());
                assert_eq!(left[..length], bytes[..length]);
                assert!(left[length..].iter().all(|byte| *byte == 0), "cut at {cut}");
            }
        }
        // A later commit takes the place of what was torn.
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let (mut journal, _) = Journal::open(&path, 0).unwrap();
        journal.append(&some(9)).unwrap();
        assert_eq!(Journal::open(&path, 0).unwrap().1, [some(0), some(2), some(9)]);
    }

    #[test]
    fn a_journal_that_was_being_overwritten_is_no_damage_when_all_of_it_is_in_tiles() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, _) = Journal::open(&path, 0).unwrap();
        [0, 2, 4].iter().for_each(|first| journal.append(&some(*first)).unwrap());
        let (whole, end) = (std::fs::read(&path).unwrap(), journal.length());
        for zeros in (1..usize::try_from(end).unwrap()).step_by(7) {
            let mut begun = whole.clone();
            begun[..zeros].fill(0);
            std::fs::write(&path, &begun).unwrap();
            let (journal, frames) = Journal::open(&path, 6).unwrap();
            assert_eq!((frames.len(), journal.length()), (0, 0));
            assert!(std::fs::read(&path).unwrap().iter().all(|byte| *byte == 0));
            // An entry that is not in tiles does not go that way.
            std::fs::write(&path, &begun).unwrap();
            let lost = zeros < usize::try_from(end).unwrap() * 2 / 3;
            assert!(!lost || Journal::open(&path, 5).is_err(), "{zeros}");
        }
        std::fs::write(&path, &whole).unwrap();
        wipe(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), vec![0; whole.len()]);
        assert!(Journal::open(&path, 0).unwrap().1.is_empty());
    }

    #[test]
    fn damage_in_front_of_a_whole_frame_is_no_torn_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, _) = Journal::open(&path, 0).unwrap();
        journal.append(&some(0)).unwrap();
        let end = usize::try_from(journal.length()).unwrap();
        journal.append(&some(2)).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for at in 0..end {
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            std::fs::write(&path, &altered).unwrap();
            let error = Journal::open(&path, 0).unwrap_err().to_string();
            assert!(error.contains("the frame at byte 0 is damaged"), "{at}: {error}");
            assert_eq!(std::fs::read(&path).unwrap(), altered, "it was changed");
        }
    }
}
