//! A bundle whose archive somebody altered: opened only if every file is as it was signed; never a panic.

#![no_main]

use std::io::{Read, Write};
use std::sync::LazyLock;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use interdict_fetch::bundle::{Bundle, BundleManifest, SignerKey, open, write};
use libfuzzer_sys::fuzz_target;

const LIMIT: u64 = 1 << 20;

struct Sound {
    key: SignerKey,
    /// The archive, unpacked.
    tar: Vec<u8>,
    bundle: Bundle,
}

static SOUND: LazyLock<Sound> = LazyLock::new(|| {
    let key = SignerKey::from_seed("fuzz.example", &[7; 32]).unwrap();
    let files = ["one", "another file"];
    let file = |path: &str, text: &str| {
        let hash = interdict_model::Digest::of(text.as_bytes());
        format!(r#"{{"path": "{path}", "role": "main", "sha256": "{hash}", "bytes": {}}}"#, text.len())
    };
    let hash = interdict_model::Digest::of(b"");
    let json = format!(
        r#"{{"created": "2031-02-03T04:05:06Z", "lists": [{{"list": "own-x", "published": null, "version": "{hash}",
            "format": "internal-csv", "files": [{}, {}]}}]}}"#,
        file("own-x/0", files[0]),
        file("own-x/1", files[1])
    );
    let manifest: BundleManifest = serde_json::from_str(&json).unwrap();
    let mut bytes_of = |file: &interdict_fetch::bundle::BundledFile| {
        Ok(files[usize::from(file.path.ends_with('1'))].as_bytes().to_vec())
    };
    let packed = write(Vec::new(), &manifest, &key, &mut bytes_of).unwrap();
    let bundle = open(packed.as_slice(), key.public(), LIMIT).unwrap();
    let mut tar = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut tar).unwrap();
    Sound { key, tar, bundle }
});

/// Where, how many bytes go, and what comes in their place.
type Edit = (u16, u16, Vec<u8>);

fuzz_target!(|edits: Vec<Edit>| {
    let Sound { key, tar, bundle } = &*SOUND;
    let mut tar = tar.clone();
    for (at, gone, new) in edits {
        let at = usize::from(at) % (tar.len() + 1);
        let end = at.saturating_add(usize::from(gone)).min(tar.len());
        tar.splice(at..end, new);
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&tar).unwrap();
    if let Ok(opened) = open(packed.finish().unwrap().as_slice(), key.public(), LIMIT) {
        assert_eq!(&opened, bundle);
    }
});
