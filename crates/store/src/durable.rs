//! Writing so that a crash leaves either the old file or the new one, and nobody but its owner reads it.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::StoreError;

/// The folder of a path; a bare name stands in the current one.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Options to write a file that nobody but its owner reads: of a new file, one that is there keeps its rights.
pub(crate) fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a file that nobody but its owner reads, or empties the one that is there.
pub(crate) fn private_file(path: &Path) -> std::io::Result<File> {
    private_options().create(true).truncate(true).open(path)
}

/// Makes a folder of the home: nobody but its owner looks into it, nor into folders made on the way to it.
/// One that is there keeps the rights that it was given.
pub(crate) fn private_folder(folder: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(StoreError::io(folder))
}

/// Writes a file under a temporary name, makes it durable, and renames it into place.
pub(crate) fn write(path: &Path, parts: &[&[u8]]) -> Result<(), StoreError> {
    let folder = folder_of(path);
    private_folder(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let mut file = private_file(&temporary).map_err(StoreError::io(&temporary))?;
    for part in parts {
        file.write_all(part).map_err(StoreError::io(&temporary))?;
    }
    file.sync_all().map_err(StoreError::io(&temporary))?;
    drop(file);
    rename(&temporary, path)
}

/// Removes what writes that were cut short left in a folder, of names that begin so. Only where the
/// lock is held and nobody else writes such names.
pub(crate) fn sweep(folder: &Path, begins: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.strip_prefix('.').is_some_and(|name| name.starts_with(begins)) && name.ends_with(".tmp") {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Renames into place and makes the folder's entry durable.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    let folder = folder_of(to);
    private_folder(folder)?;
    replace(from, to)?;
    sync_folder(folder)
}

/// Renames into place; it lasts once the folder is durable ([`sync_folder`]).
pub(crate) fn replace(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to).map_err(StoreError::io(to))
}

/// Makes the entries of a folder durable, where the platform lets folders be opened.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        File::open(folder).and_then(|opened| opened.sync_all()).map_err(StoreError::io(folder))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_cut_write_left_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| fs::write(folder.path().join(name), b"x").unwrap();
        [".current.json.7.tmp", ".sources.json.7.tmp", "current.json", "a.tmp"].iter().for_each(|name| file(name));
        sweep(folder.path(), "current.json.");
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".sources.json.7.tmp", "a.tmp", "current.json"]);
    }
}
