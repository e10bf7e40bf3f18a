//! Any text as a name: analysis and the likeness of two names never panic, are symmetric in what
//! must be, and stay within their bounds.

#![no_main]

use interdict_names::analyse::{MAX_FORMS, MAX_TOKENS, Sort, analyse};
use interdict_names::fold::fold;
use interdict_names::similar::{FULL, similarity};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str)| {
    for sort in [Sort::Person, Sort::Organization, Sort::Object] {
        for text in [texts.0, texts.1] {
            let Ok(forms) = analyse(text, sort) else { continue };
            assert!(forms.len() <= MAX_FORMS);
            assert!(forms.iter().all(|form| form.tokens.len() <= MAX_TOKENS));
        }
    }
    let (a, b) = (fold(texts.0), fold(texts.1));
    for (x, y) in a.split_whitespace().zip(b.split_whitespace()) {
        assert_eq!(similarity(x, y), similarity(y, x));
        assert_eq!(similarity(x, y) == FULL, x == y);
    }
});
