//! Bundles that are whole, and bundles in which anything at all was altered.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

use std::collections::BTreeMap;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use interdict_fetch::bundle::{
    Bundle, BundleError, BundleManifest, BundledFile, BundledList, SignerKey, VerifierKey, is_bundle, open, write,
};
use interdict_model::Digest;

const LIMIT: u64 = 1 << 20;

fn key(seed: u8) -> SignerKey {
    SignerKey::from_seed("carrier.example", &[seed; 32]).unwrap()
}

fn contents() -> BTreeMap<String, Vec<u8>> {
    let of = |path: &str, text: &[u8]| (path.to_owned(), text.to_vec());
    BTreeMap::from([of("un-sc/a.xml", b"<list>one</list>"), of("watch/b.csv", b"name\nAda Quistgaard\n")])
}

fn manifest(files: &BTreeMap<String, Vec<u8>>) -> BundleManifest {
    let list = |(path, bytes): (&String, &Vec<u8>)| BundledList {
        list: path.split('/').next().unwrap().to_owned(),
        published: None,
        version: Digest::of(bytes),
        format: "own-csv".to_owned(),
        mapping: BTreeMap::new(),
        files: vec![BundledFile {
            path: path.clone(),
            role: "main".to_owned(),
            sha256: Digest::of(bytes),
            bytes: bytes.len() as u64,
            source: Some("https://host.example/a".to_owned()),
            fetched: None,
        }],
    };
    BundleManifest { created: "2031-02-03T04:05:06Z".parse().unwrap(), lists: files.iter().map(list).collect() }
}

fn whole() -> Vec<u8> {
    let files = contents();
    write(Vec::new(), &manifest(&files), &key(1), &mut |file| Ok(files[&file.path].clone())).unwrap()
}

fn read(bytes: &[u8], by: &SignerKey) -> Result<Bundle, BundleError> {
    open(bytes, by.public(), LIMIT)
}

/// The entries of a bundle as plain names and bytes.
fn entries(bundle: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(GzDecoder::new(bundle));
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (String::from_utf8(entry.path_bytes().into_owned()).unwrap(), bytes)
    });
    entries.collect()
}

/// A bundle of any entries.
fn packed(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // Names that the library would not write itself.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        tar.append(&header, bytes.as_slice()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn fails(bundle: &[u8], part: &str) {
    let error = read(bundle, &key(1)).unwrap_err().to_string();
    assert!(error.contains(part), "`{part}` is not in: {error}");
}

#[test]
fn what_was_put_in_comes_out_and_the_same_is_the_same_bundle() {
    let bundle = read(&whole(), &key(1)).unwrap();
    assert_eq!((bundle.files, &bundle.manifest), (contents(), &manifest(&contents())));
    assert_eq!(whole(), whole());
    assert!(is_bundle(&whole()) && !is_bundle(b"<list/>") && !is_bundle(&packed(&[("a".to_owned(), vec![1])])));
    let text = key(1).public().to_string();
    assert_eq!(text.parse::<VerifierKey>().unwrap(), *key(1).public());
}

#[test]
fn another_key_does_not_open_it_even_under_the_same_name() {
    let error = read(&whole(), &key(2)).unwrap_err().to_string();
    assert!(error.contains("cannot be trusted"), "{error}");
    // A note that the key signed for another purpose is no manifest.
    let mut entries = entries(&whole());
    entries[0].1 = key(1).sign("carrier.example\n5\nroot\n").into_bytes();
    fails(&packed(&entries), "begins with `carrier.example`");
}

#[test]
fn a_file_that_is_changed_missing_extra_or_twice_is_named() {
    let good = entries(&whole());
    assert!(read(&packed(&good), &key(1)).is_ok());
    let changed = |at: usize, bytes: &[u8]| {
        let mut entries = good.clone();
        entries[at].1 = bytes.to_vec();
        packed(&entries)
    };
    fails(&changed(1, b"<list>two</list>"), "un-sc/a.xml: changed: its SHA-256 is ");
    fails(&changed(2, b"name\n"), "watch/b.csv: changed: 5 bytes, not 20");
    fails(&packed(&good[..2]), "watch/b.csv: missing");
    let with = |path: &str| packed(&[good.clone(), vec![(path.to_owned(), b"x".to_vec())]].concat());
    fails(&with("un-sc/c.xml"), "un-sc/c.xml: extra");
    fails(&with("../../etc/cron.d/x"), "../../etc/cron.d/x: extra");
    fails(&with("un-sc/a.xml"), "un-sc/a.xml: there twice");
    fails(&packed(&[&good[1..], &good[..1]].concat()), "does not begin with its manifest");
    let all = packed(&[&good[..1], &[("z".to_owned(), vec![])]].concat());
    for part in ["un-sc/a.xml: missing", "watch/b.csv: missing", "z: extra"] {
        fails(&all, part);
    }
    // The manifest as well: one digit of a hash, one of the date.
    for (from, to) in [("\"bytes\": 16", "\"bytes\": 17"), ("2031-02", "2032-02")] {
        let text = String::from_utf8(good[0].1.clone()).unwrap();
        assert!(text.contains(from));
        fails(&changed(0, text.replace(from, to).as_bytes()), "cannot be trusted");
    }
}

#[test]
fn a_bundle_that_is_cut_or_has_something_behind_it_is_refused() {
    let whole = whole();
    for cut in 0..whole.len() {
        assert!(read(&whole[..cut], &key(1)).is_err(), "cut at {cut} of {}", whole.len());
    }
    let mut more = GzEncoder::new(Vec::new(), Compression::fast());
    more.write_all(b"something").unwrap();
    fails(&[whole.clone(), more.finish().unwrap()].concat(), "behind the end");
    let total: u64 = contents().values().map(|bytes| bytes.len() as u64).sum();
    assert!(open(whole.as_slice(), key(1).public(), total).is_ok());
    assert!(matches!(open(whole.as_slice(), key(1).public(), total - 1), Err(BundleError::TooLarge { .. })));
}

#[test]
fn no_byte_of_the_archive_can_be_changed_unseen() {
    let plain = {
        let mut bytes = Vec::new();
        GzDecoder::new(whole().as_slice()).read_to_end(&mut bytes).unwrap();
        bytes
    };
    let pack = |bytes: &[u8]| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::none());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let mut refused = 0;
    for at in (0..plain.len()).step_by(7) {
        let mut altered = plain.clone();
        altered[at] ^= 0x20;
        match read(&pack(&altered), &key(1)) {
            // Modes, owners and padding of the container say nothing of the lists.
            Ok(bundle) => assert_eq!((bundle.files, bundle.manifest), (contents(), manifest(&contents())), "byte {at}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 200, "{refused} of {}", plain.len() / 7);
}
