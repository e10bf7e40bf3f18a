//! Any bytes as the index of a FollowTheMoney catalogue: a file and what tells it whole, or a reason.

#![no_main]

use interdict_fetch::look_up;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|input: (&[u8], Option<&str>)| {
    let (json, dataset) = input;
    let Ok(url) = Url::parse("https://host.example/d/index.json") else { return };
    match look_up(json, &url, dataset) {
        Ok(entry) => {
            assert!(entry.file.name.len() <= 100);
            let _ = entry.refuses(json);
        }
        Err(error) => assert!(error.to_string().contains("\nhint: ")),
    }
});
