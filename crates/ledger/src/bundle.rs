//! Bundles of entries: each entry after its length in two bytes, big end first.
//!
//! Promises: what is read is exactly what was written; a bundle with bytes left over or missing is
//! an error, never a shorter bundle.
//!
//! Not here: what an entry says (`entry`), where bundles lie (`tile`).

use crate::LedgerError;

/// The longest entry: its length stands in two bytes.
pub const LONGEST_ENTRY: usize = u16::MAX as usize;

/// Adds an entry to a bundle.
///
/// # Errors
/// When it is longer than [`LONGEST_ENTRY`].
pub fn push(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), LedgerError> {
    bundle.extend(length(entry.len())?);
    bundle.extend(entry);
    Ok(())
}

/// What stands before an entry of so many bytes.
///
/// # Errors
/// When it is longer than [`LONGEST_ENTRY`].
pub fn length(bytes: usize) -> Result<[u8; 2], LedgerError> {
    let long = |_| LedgerError::BadEntry(format!("{bytes} bytes, more than the {LONGEST_ENTRY} that fit"));
    u16::try_from(bytes).map(u16::to_be_bytes).map_err(long)
}

/// The entries of a bundle.
///
/// # Errors
/// When it ends within one.
pub fn entries(bundle: &[u8]) -> Result<Vec<&[u8]>, LedgerError> {
    let mut entries = Vec::new();
    let mut rest = bundle;
    while !rest.is_empty() {
        let cut = || LedgerError::BadBundle(format!("the bundle ends within entry {} of it", entries.len()));
        let (length, after) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
        let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(cut)?;
        entries.push(entry);
        rest = after;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back() {
        let mut bundle = Vec::new();
        let long = vec![7; LONGEST_ENTRY];
        for entry in [b"one".as_slice(), b"", &long] {
            push(&mut bundle, entry).unwrap();
        }
        assert_eq!(entries(&bundle).unwrap(), [b"one".as_slice(), b"", &long]);
        assert_eq!(&bundle[..5], b"\0\x03one");
        assert!(push(&mut bundle, &vec![7; LONGEST_ENTRY + 1]).is_err());
        for cut in [1, 2, 4, bundle.len() - 1] {
            assert!(entries(&bundle[..cut]).is_err(), "{cut}");
        }
    }
}
