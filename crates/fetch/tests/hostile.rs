//! What comes from outside as text: any text, and texts that were nearly right, are understood or refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use interdict_fetch::bundle::{SignerKey, open};
use interdict_fetch::webhook::{Message, Secret, Verifier, receivers, signatures};
use interdict_fetch::{Url, look_up, user_sources};
use proptest::prelude::*;

const SOURCES: &str = "[[source]]\nlist = \"watch\"\nurl = \"https://host.example/w.csv\"\nexpect = \"table\"\n\n[[source]]\nlist = \"peps\"\ncatalog = \"https://host.example/index.json\"\ndataset = \"peps\"\nauthorization_env = \"A\"\n";
const WEBHOOKS: &str = "[[webhook]]\nname = \"desk\"\nurl = \"https://desk.example/hook\"\nsecret_env = \"S\"\nevents = [\"new\"]\nalerts_only = true\n";
const CATALOGUE: &str = r#"{"datasets":[{"name":"a","version":"1","resources":[{"name":"entities.ftm.json","url":"/f/e.json","checksum":"A9993E364706816ABA3E25717850C26C9CD0D89D","size":3}]}]}"#;
const MANIFEST: &str = r#"{"created":"2031-02-03T04:05:06Z","lists":[{"list":"watch","published":null,"version":"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae","format":"own-csv","files":[{"path":"watch/a.csv","role":"main","sha256":"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae","bytes":3}]}]}"#;

/// A text with a few places cut, doubled or replaced.
fn nearly(text: &'static str) -> impl Strategy<Value = String> {
    let change = (0..text.len(), 0..24usize, prop_oneof![Just(String::new()), "[ -~\\n]{0,8}", "\\PC{0,4}"]);
    proptest::collection::vec(change, 0..4).prop_map(move |changes| {
        let mut text = text.to_owned();
        for (at, length, new) in changes {
            let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            let end = (at + length).min(text.len());
            let end = (end..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap();
            text.replace_range(at..end, &new);
        }
        text
    })
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn bundle(manifest: &str, key: &SignerKey, content: &[u8]) -> Vec<u8> {
    let note = key.sign(&format!("interdict bundle of lists, layout 1\n{manifest}\n"));
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, bytes) in [("manifest.note", note.as_bytes()), ("watch/a.csv", content)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, path, bytes).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

#[test]
fn what_the_tests_begin_with_is_right() {
    assert_eq!(user_sources(SOURCES).unwrap().iter().filter(|source| !source.official).count(), 2);
    assert_eq!(receivers(WEBHOOKS, &["new"]).unwrap().len(), 1);
    let url = Url::parse("https://host.example/d/index.json").unwrap();
    assert!(look_up(CATALOGUE.as_bytes(), &url, Some("a")).unwrap().refuses(b"abc").is_none());
    let key = SignerKey::from_seed("carrier.example", &[7; 32]).unwrap();
    assert_eq!(open(bundle(MANIFEST, &key, b"foo").as_slice(), key.public(), 1 << 20).unwrap().files.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn settings_are_understood_or_refused(
        sources in prop_oneof![nearly(SOURCES), "\\PC{0,200}"],
        webhooks in prop_oneof![nearly(WEBHOOKS), "\\PC{0,200}"],
    ) {
        match user_sources(&sources) {
            Ok(sources) => for source in sources {
                prop_assert!(is_name(&source.list));
                prop_assert_eq!(source.catalog.is_some(), source.files.is_empty());
                let mut all = source.files.iter().map(|file| &file.url).chain(source.catalog.iter().map(|c| &c.url));
                prop_assert!(all.all(|url| matches!(url.scheme(), "https" | "http") && url.has_host()));
            },
            Err(error) => prop_assert!(error.to_string().contains("\nhint: "), "{error}"),
        }
        match receivers(&webhooks, &["new"]) {
            Ok(receivers) => for receiver in receivers {
                prop_assert!(is_name(&receiver.name) && receiver.url.username().is_empty());
                prop_assert!(matches!(receiver.url.scheme(), "https" | "http") && receiver.url.has_host());
                prop_assert!(receiver.events.iter().all(|event| event == "new"));
            },
            Err(error) => prop_assert!(error.to_string().contains("\nhint: "), "{error}"),
        }
    }

    #[test]
    fn catalogues_lead_to_a_file_or_a_reason(
        json in prop_oneof![nearly(CATALOGUE), "\\PC{0,200}"],
        dataset in proptest::option::of(prop_oneof![Just("a".to_owned()), "[a-z]{0,3}"]),
    ) {
        let url = Url::parse("https://host.example/d/index.json").unwrap();
        match look_up(json.as_bytes(), &url, dataset.as_deref()) {
            Ok(entry) => {
                prop_assert!(entry.file.name.len() <= 100 && !entry.file.name.contains('/'));
                if let Some(size) = entry.size.filter(|size| *size != 3) {
                    prop_assert!(entry.refuses(b"abc").is_some(), "{size}");
                }
            }
            Err(error) => prop_assert!(error.to_string().contains("\nhint: "), "{error}"),
        }
    }

    #[test]
    fn a_signed_bundle_holds_what_it_names_or_is_refused(
        manifest in prop_oneof![nearly(MANIFEST), "\\PC{0,200}"],
        content in prop_oneof![Just(b"foo".to_vec()), proptest::collection::vec(any::<u8>(), 0..8)],
        behind in proptest::collection::vec(any::<u8>(), 0..4),
    ) {
        let key = SignerKey::from_seed("carrier.example", &[7; 32]).unwrap();
        let mut bytes = bundle(&manifest, &key, &content);
        bytes.write_all(&behind).unwrap();
        match open(bytes.as_slice(), key.public(), 1 << 20) {
            Ok(bundle) => {
                prop_assert!(content == b"foo");
                prop_assert_eq!(bundle.files.len(), bundle.manifest.files().count());
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
        let other = SignerKey::from_seed("carrier.example", &[8; 32]).unwrap();
        prop_assert!(open(bytes.as_slice(), other.public(), 1 << 20).is_err());
    }

    #[test]
    fn a_bundle_of_any_bytes_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let key = SignerKey::from_seed("carrier.example", &[7; 32]).unwrap();
        prop_assert!(open(bytes.as_slice(), key.public(), 1 << 20).is_err());
    }

    #[test]
    fn only_the_key_s_own_signature_fits(
        text in "\\PC{0,80}",
        header in "[ -~]{0,120}",
        body in proptest::collection::vec(any::<u8>(), 0..64),
        seed in any::<[u8; 32]>(),
        at in 0..4_000_000_000i64,
        flip in any::<proptest::sample::Index>(),
    ) {
        let message = Message { id: "evt_1", at, body: &body };
        for secret in [Secret::shared(seed), Secret::pair(seed)] {
            let verifier = Verifier::of(&secret);
            let signed = signatures(std::slice::from_ref(&secret), &message);
            prop_assert_eq!(verifier.check(&message, &signed, at, 0), Ok(()));
            prop_assert!(verifier.check(&message, &header, at, 0).is_err());
            let mut other = signed.clone().into_bytes();
            // of the version, the comma or the signature itself; its last letter has bits that mean nothing
            let place = flip.index(other.len() - 3);
            other[place] = if other[place] == b'A' { b'B' } else { b'A' };
            prop_assert!(verifier.check(&message, &String::from_utf8(other).unwrap(), at, 0).is_err());
        }
        prop_assert!(Secret::parse(&text).is_err() && Verifier::parse(&text).is_err());
    }
}
