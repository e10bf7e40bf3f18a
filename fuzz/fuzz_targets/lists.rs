//! Any bytes as a publisher's file: read, or refused with a place and a reason; never a panic, and
//! the counts add up.

#![no_main]

use interdict_lists::{Options, SourceFile, group, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let files = [SourceFile { name: "file", bytes }];
    let options = Options::default();
    let (sets, _refused) = group(&files, &options);
    for set in &sets {
        let mut listings = 0_u64;
        if let Ok(reading) = read(set, &options, &mut |_| listings += 1) {
            assert_eq!(reading.listings, listings);
            assert_eq!(reading.records, reading.listings + reading.rejections.len() as u64);
        }
    }
});
