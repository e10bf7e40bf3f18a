//! A small file that a user names: read whole, and never more of it than can be meant.
//!
//! Promises: what has no end (`/dev/zero`, a pipe that goes on) is refused at the bound, not kept until memory is full; a pipe is
//! read once; each failure names the file and says what to do.
//!
//! Not here: parties (`rows`) and lists (`lists`), which have bounds of their own.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use crate::exit::Failure;

/// What helps where a file cannot be opened, read or written.
pub fn remedy(kind: ErrorKind) -> &'static str {
    // The kinds of errors are not ours, so that the rest of them cannot be named.
    match kind {
        ErrorKind::NotFound => "is the path right? nothing is there",
        ErrorKind::PermissionDenied => "run it as a user who may, such as the one who runs the service",
        ErrorKind::IsADirectory => "give a file, not a folder",
        ErrorKind::NotADirectory => "a file stands where a folder is meant",
        ErrorKind::InvalidData => "it must be text in UTF-8",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on the disk",
        ErrorKind::ReadOnlyFilesystem => "the disk can only be read: give a folder on another with --home",
        _ => "is the path right, and the disk sound?",
    }
}

/// The failure of a file, with what helps.
pub fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::hint(format!("{}: {error}", path.display()), remedy(error.kind()))
}

/// The bytes of a file of at most `most`.
pub fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    let mut read = Vec::new();
    // One byte more shows that there is more; sizes that are told (0 for a pipe or a device) show nothing.
    file.take(most.saturating_add(1)).read_to_end(&mut read).map_err(|error| failed(path, &error))?;
    if read.len() as u64 > most {
        let text = format!("{}: it goes on after {most} bytes, the most that is read", path.display());
        return Err(Failure::hint(text, "is it the file that was meant?"));
    }
    Ok(read)
}

/// The text of a file of at most `most` bytes.
pub fn text(path: &Path, most: u64) -> Result<String, Failure> {
    let not_text = |_| failed(path, &io::Error::new(ErrorKind::InvalidData, "it is no text in UTF-8"));
    String::from_utf8(bytes(path, most)?).map_err(not_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("four");
        std::fs::write(&path, "four").unwrap();
        assert_eq!(text(&path, 4).unwrap(), "four");
        assert!(text(&path, 3).unwrap_err().text().contains("\nhint: "));
        std::fs::write(&path, [0xff]).unwrap();
        assert!(text(&path, 4).unwrap_err().text().contains("UTF-8"));
        let unread = bytes(&folder.path().join("nothing"), 4).unwrap_err();
        assert!(unread.text().contains("nothing") && unread.text().contains("\nhint: "), "{}", unread.text());
        assert!(bytes(folder.path(), 4).unwrap_err().text().contains("\nhint: "));
    }
}
