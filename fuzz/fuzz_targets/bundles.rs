//! Any bytes as a bundle, and any text signed as its manifest with any files behind: opened whole, or
//! refused with a reason; never a panic, and nothing that the manifest does not name.

#![no_main]

use std::io::Write;

use arbitrary::Arbitrary;
use flate2::Compression;
use flate2::write::GzEncoder;
use interdict_fetch::bundle::{SignerKey, is_bundle, open};
use libfuzzer_sys::fuzz_target;

/// Bytes that a bundle may hold here.
const LIMIT: u64 = 1 << 20;

#[derive(Arbitrary, Debug)]
struct Input {
    raw: Vec<u8>,
    manifest: String,
    files: Vec<(String, Vec<u8>)>,
}

fn packed(input: &Input, key: &SignerKey) -> Option<Vec<u8>> {
    let note = key.sign(&format!("interdict bundle of lists, layout 1\n{}\n", input.manifest));
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let first = ("manifest.note".to_owned(), note.into_bytes());
    for (path, bytes) in std::iter::once(&first).chain(&input.files) {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, path, bytes.as_slice()).ok()?;
    }
    let mut out = tar.into_inner().ok()?.finish().ok()?;
    out.write_all(&input.raw).ok()?;
    Some(out)
}

fuzz_target!(|input: Input| {
    let Ok(key) = SignerKey::from_seed("carrier.example", &[7; 32]) else { return };
    let _ = (is_bundle(&input.raw), open(input.raw.as_slice(), key.public(), LIMIT));
    let Some(bytes) = packed(&input, &key) else { return };
    if let Ok(bundle) = open(bytes.as_slice(), key.public(), LIMIT) {
        assert_eq!(bundle.files.len(), bundle.manifest.files().count());
        let other = SignerKey::from_seed("carrier.example", &[8; 32]).map(|key| key.public().clone());
        assert!(other.is_ok_and(|other| open(bytes.as_slice(), &other, LIMIT).is_err()));
    }
});
