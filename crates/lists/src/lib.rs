//! Reads the publishers' list files into listings and named rejections.
//!
//! Promises: a format is recognised by content, never by a file's name; every record of a source
//! becomes a listing or a named rejection, and the counts add up; a file that is broken, cut
//! short or of another format is refused with the place and the reason, and then nothing of it
//! may be used; memory stays flat in the size of the file (one record, and what a format's own
//! reference tables need); no input makes it panic.
//!
//! Not here: where files come from (`fetch`), where listings go (`store`), text of names
//! (`names`), comparing (`screening`).

mod account;
pub mod change;
mod columns;
pub mod dataset;
mod dates;
pub mod delta;
mod file;
mod format;
mod group;
mod json;
mod parts;
mod read;
mod recognise;
mod refusal;
mod table;
mod xml;

mod formats;

pub use change::{Change, ChangeKind, FieldChange, changes};
pub use columns::{Columns, Party, entity_of_json, entity_of_row, party_of_json};
pub use file::SourceFile;
pub use format::{Format, Role};
pub use group::{FileSet, group};
pub use read::{Mapping, Options, Reading, RoleRows, read};
pub use recognise::{recognise, recognise_with};
pub use refusal::Refusal;
