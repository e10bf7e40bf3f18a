//! Disk: the files of imported lists, what was read from them, and the index over all of them.
//!
//! Promises: everything is written to one side, made durable and then renamed into place, so that
//! a crash at any moment leaves the old state whole; files are named by the hash of their content
//! and never changed; an index that does not belong to the current lists is rebuilt, not used; what is
//! made is for its owner alone (folders 0700, files 0600).
//!
//! Not here: reading list formats (`lists`), comparing (`screening`), fetching (`fetch`).
//!
//! ```text
//! <home>/current.json                 which content of which list is in use
//! <home>/lists/<list>/<content>/      manifest.json, listings.jsonl, offsets.bin, rejections.jsonl;
//!                                     packed as *.zst when the version is not in use
//! <home>/raw/<sha256>.gz              the publishers' files, byte for byte
//! <home>/index/<snapshot>.idx         the index over the current lists
//! <home>/quarantine/<list>/<content>/ versions that were doubted, with reason.json
//! <home>/quarantine/.refused/          publishers' files of which nothing could be read, the last few
//! <home>/guard.toml, canaries.tsv     the user's settings of the guard
//! <home>/sources.json                 what servers said of files in use; sources.toml is the user's
//! <home>/downloads/                   starts of files under way
//! <home>/staging/                     imports under way; emptied by whatever writes next
//! <home>/uploads/                     files that the service is being sent; removed when they are read
//! ```

mod backup;
mod bundles;
mod collections;
mod content;
mod courtesy;
mod downloads;
mod durable;
mod error;
mod home;
mod import;
mod index;
pub mod ledger;
mod map;
pub mod monitor;
mod output;
mod packed;
mod past;
mod placing;
mod quarantine;
mod refused;
mod replay;
mod rights;
mod rollback;
mod settings;
mod shown;
mod stored;
mod uploads;
mod versions;

pub use backup::Backup;
pub use bundles::write_secret;
pub use collections::{Collection, Collections};
pub use content::{Content, Manifest, RawFile};
pub use courtesy::{stand_back, standing_back};
pub use downloads::{Download, Remembered, Sources};
pub use error::StoreError;
pub use home::{Home, Indexed};
pub use import::{Import, Imported, Place, Report};
pub use output::Output;
pub use quarantine::{Acceptance, Reason};
pub use refused::RefusedFile;
pub use rollback::RolledBack;
pub use uploads::Upload;
pub use versions::{Standing, StoredVersion};
