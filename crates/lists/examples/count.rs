//! Imports the list files named on the command line and prints what became of every record.

use std::collections::BTreeMap;
use std::time::Instant;

use interdict_lists::{Options, SourceFile, group, read};

fn main() {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let mut loaded = Vec::new();
    for path in &paths {
        match std::fs::read(path) {
            Ok(bytes) => loaded.push((path, bytes)),
            Err(error) => println!("could not be read: {path}: {error}"),
        }
    }
    let files: Vec<SourceFile<'_>> =
        loaded.iter().map(|(name, bytes)| SourceFile { name: name.as_str(), bytes }).collect();
    let options = Options::default();
    let (sets, refusals) = group(&files, &options);
    println!("| files | format | list | published | records | listings | rejected | names | identifiers | ms |");
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for set in &sets {
        let names: Vec<&str> = set.files.iter().map(|(_, file)| file.name).collect();
        let (mut name_count, mut identifier_count) = (0_usize, 0_usize);
        let start = Instant::now();
        let outcome = read(set, &options, &mut |listing| {
            name_count += listing.entity.names.len();
            identifier_count += listing.entity.identifiers.len();
        });
        let ms = start.elapsed().as_secs_f64() * 1000.0;
        match outcome {
            Ok(reading) => {
                let published = reading.published.map_or("-".to_owned(), |date| date.to_string());
                println!(
                    "| {} | {} | {} | {published} | {} | {} | {} | {name_count} | {identifier_count} | {ms:.0} |",
                    names.join(" + "),
                    reading.format,
                    reading.list,
                    reading.records,
                    reading.listings,
                    reading.rejections.len(),
                );
                let mut reasons: BTreeMap<String, (usize, String)> = BTreeMap::new();
                for rejection in &reading.rejections {
                    // Values differ from row to row; the words around them say what kind of rejection it is.
                    let reason = rejection.reason.split('`').step_by(2).collect::<Vec<_>>().join("…");
                    reasons.entry(reason).or_insert_with(|| (0, rejection.place.clone())).0 += 1;
                }
                for (reason, (count, place)) in reasons {
                    println!("    {count} x {reason} (first: {place})");
                }
                for (field, count) in &reading.unknown_fields {
                    println!("    not understood: {field} x {count}");
                }
                for rows in &reading.rows {
                    println!("    {}: {} rows, {} attached", rows.role, rows.rows, rows.attached);
                }
                for note in &reading.notes {
                    println!("    note: {note}");
                }
            }
            Err(refusal) => println!("refused: {refusal}"),
        }
    }
    for refusal in refusals {
        println!("refused: {refusal}");
    }
}
