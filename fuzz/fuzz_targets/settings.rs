//! Any text as sources.toml, as webhooks.toml, as a secret and as a signature: understood, or refused with a
//! reason that does not repeat a secret.

#![no_main]

use interdict_fetch::user_sources;
use interdict_fetch::webhook::{Message, Secret, TOLERANCE_S, Verifier, receivers, signatures};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, &[u8], i64)| {
    let (text, header, body, at) = input;
    match user_sources(text) {
        Ok(sources) => assert!(sources.iter().all(|source| !source.list.contains(['/', '.']))),
        Err(error) => assert!(error.to_string().contains("\nhint: ")),
    }
    match receivers(text, &["new", "gone"]) {
        Ok(receivers) => assert!(receivers.iter().all(|receiver| !receiver.name.contains(['/', '.']))),
        Err(error) => assert!(error.to_string().contains("\nhint: ")),
    }
    let message = Message { id: "evt_1", at, body };
    let known = Secret::shared([7; 32]);
    // nobody guesses a signature
    assert!(Verifier::of(&known).check(&message, header, at, TOLERANCE_S).is_err());
    if let Ok(secrets) = Secret::parse_all(text) {
        let signed = signatures(&secrets, &message);
        assert!(secrets.iter().all(|one| Verifier::of(one).check(&message, &signed, at, TOLERANCE_S).is_ok()));
        assert!(secrets.iter().all(|one| Secret::parse(&one.secret_text()).is_ok()));
    }
    let _ = Verifier::parse(text);
});
