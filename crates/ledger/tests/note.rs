//! Notes and checkpoints against what others signed and wrote down.

use interdict_ledger::{Checkpoint, LedgerError, SignerKey, VerifierKey, note::Note};
use interdict_model::Digest;

// Key, text and signature of the documentation of Go's `golang.org/x/mod/sumdb/note`.
const SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const NOTE: &str = "If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
";

#[test]
fn signs_and_verifies_as_go_does() {
    let secret = SignerKey::parse(SECRET).unwrap();
    let public: VerifierKey = PUBLIC.parse().unwrap();
    assert_eq!(secret.public(), &public);
    assert_eq!((secret.secret(), public.to_string()), (SECRET.to_owned(), PUBLIC.to_owned()));
    assert!(!format!("{secret:?}").contains("AYEKFALVFGyNhPJEMzD1QIDr"));
    let text = Note::parse(NOTE).unwrap().verify(&public).unwrap();
    assert!(text.ends_with("your problem is.\n"));
    assert_eq!(secret.sign(text), NOTE);
}

#[test]
fn no_altered_byte_of_a_note_verifies() {
    let public: VerifierKey = PUBLIC.parse().unwrap();
    for at in 0..NOTE.len() {
        for bit in 0..8 {
            let mut bytes = NOTE.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let verified = Note::parse(&text).and_then(|note| note.verify(&public).map(str::to_owned));
            assert!(verified.is_err(), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn keys_that_are_none_are_refused() {
    for text in [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AhpcaQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq",
    ] {
        assert!(matches!(text.parse::<VerifierKey>(), Err(LedgerError::BadKey(_))), "{text}");
    }
    assert!(SignerKey::parse(PUBLIC).is_err());
    for name in ["", "two words", "a+b", "a\u{2003}b", "a\nb"] {
        assert!(SignerKey::from_seed(name, &[1; 32]).is_err(), "{name:?}");
    }
}

#[test]
fn others_may_sign_too_but_do_not_replace_the_log() {
    let ours = SignerKey::from_seed("example.org/log", &[1; 32]).unwrap();
    let witness = SignerKey::from_seed("witness.example", &[2; 32]).unwrap();
    let head = Checkpoint { origin: "example.org/log".to_owned(), size: 3, root: Digest::of(b"root") };
    let note = head.sign(&ours);
    let cosigned = format!("{note}{}", witness.sign(&head.to_string()).rsplit_once("\n\n").unwrap().1);
    assert_eq!(Checkpoint::open(&cosigned, ours.public()).unwrap(), head);
    assert_eq!(Note::parse(&cosigned).unwrap().verify(witness.public()).unwrap(), head.to_string());
    let alone = head.sign(&witness);
    assert!(matches!(Checkpoint::open(&alone, ours.public()), Err(LedgerError::UnknownSigner { .. })));
    // The witness's key is known, but it is not the log's.
    assert!(matches!(Checkpoint::open(&alone, witness.public()), Err(LedgerError::BadCheckpoint(_))));
    // Same name, another key: a fork by whoever took the name.
    let other = SignerKey::from_seed("example.org/log", &[9; 32]).unwrap();
    assert!(matches!(Checkpoint::open(&head.sign(&other), ours.public()), Err(LedgerError::UnknownSigner { .. })));
}

#[test]
fn a_checkpoint_has_one_form() {
    // The example of c2sp.org/tlog-checkpoint, whose key is not given.
    let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let head = Checkpoint::parse(text).unwrap();
    assert_eq!((head.origin.as_str(), head.size), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(head.to_string(), text);
    for other in [
        text.replace("20852163", "020852163"),
        text.replace("20852163", "+20852163"),
        text.replace("2I=", "2J="),
        text.replace("example.com/behind-the-sofa", ""),
        format!("{text}extension\n"),
        text.trim_end().to_owned(),
        text.replace('\n', "\r\n"),
    ] {
        assert!(Checkpoint::parse(&other).is_err(), "{other:?}");
    }
}
