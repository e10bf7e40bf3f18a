//! Any text as a checkpoint, note, key or receipt: read or refused with a reason; what is read is written again as it
//! was, and nobody but the key's holder signs; never a panic.

#![no_main]

use interdict_ledger::note::Note;
use interdict_ledger::{Checkpoint, Receipt, SignerKey, VerifierKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &str)| {
    let (which, text) = input;
    match which % 5 {
        0 => {
            if let Ok(checkpoint) = Checkpoint::parse(text) {
                assert_eq!(checkpoint.to_string(), text);
            }
        }
        1 => {
            let key = SignerKey::from_seed("fuzz.example", &[7; 32]).unwrap();
            if let Ok(note) = Note::parse(text) {
                assert!(note.verify(key.public()).is_err());
            }
        }
        2 => {
            if let Ok(key) = text.parse::<VerifierKey>() {
                assert_eq!(key.to_string(), text);
            }
        }
        3 => {
            let key = SignerKey::from_seed("fuzz.example", &[7; 32]).unwrap();
            if let Ok(receipt) = Receipt::parse(text.as_bytes()) {
                assert!(receipt.check(key.public()).is_err());
            }
        }
        _ => {
            let _ = SignerKey::parse(text);
        }
    }
});
