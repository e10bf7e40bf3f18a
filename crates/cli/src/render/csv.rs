//! CSV for spreadsheets: one line a hit, one for a row that is clear or could not be done.

use std::io::Write;

use csv::Writer;
use interdict_engine::Outcome;

use super::Row;
use crate::exit::Failure;
use crate::style;

const HEADER: [&str; 20] = [
    "row",
    "place",
    "id",
    "party",
    "status",
    "score",
    "list",
    "reference",
    "caption",
    "kind",
    "programme",
    "basis",
    "listed_on",
    "why",
    "hits_total",
    "error",
    "snapshot",
    "policy",
    "engine",
    "record",
];

/// The word for what became of a row.
pub fn status(row: &Row) -> &'static str {
    match &row.answer {
        Ok(screening) => match screening.value().outcome {
            Outcome::Hit => "hit",
            Outcome::Clear => "clear",
        },
        Err(_) => "not_done",
    }
}

/// A cell that a spreadsheet shows and does not run, and a terminal prints and does not obey.
pub fn cell(text: &str) -> String {
    let text = style::clean(text);
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '|', '%']) && text.parse::<f64>().is_err() {
        format!("'{text}")
    } else {
        text
    }
}

/// Writes the header.
pub fn header<W: Write>(out: &mut Writer<W>) -> Result<(), Failure> {
    Ok(out.write_record(HEADER)?)
}

/// Writes a row: as many lines as it has hits, one at least.
pub fn row<W: Write>(out: &mut Writer<W>, row: &Row) -> Result<(), Failure> {
    let number = row.number.to_string();
    let id = cell(row.id.as_deref().unwrap_or(""));
    let lead = |party: &str| [number.clone(), cell(&row.place), id.clone(), cell(party), status(row).to_owned()];
    let recorded = match &row.answer {
        Ok(recorded) => recorded,
        Err(reason) => {
            let mut cells = lead("").to_vec();
            cells.resize(15, String::new());
            cells.push(cell(&reason.replace('\n', "; ")));
            cells.resize(HEADER.len(), String::new());
            return Ok(out.write_record(&cells)?);
        }
    };
    let screening = recorded.value();
    let tail = [
        screening.hits_total.to_string(),
        String::new(),
        screening.snapshot.to_string(),
        screening.policy.to_string(),
        screening.engine.to_owned(),
        recorded.record().to_string(),
    ];
    let lead = lead(screening.party.caption());
    if screening.hits.is_empty() {
        let empty = vec![String::new(); 9];
        return Ok(out.write_record(lead.iter().chain(&empty).chain(&tail))?);
    }
    for hit in &screening.hits {
        let act = hit.designations.first();
        let programmes: Vec<&str> = hit.designations.iter().map(|act| act.programme.as_str()).collect();
        let middle = [
            format!("{:.4}", hit.score.share()),
            cell(&hit.list.0),
            cell(&hit.reference),
            cell(&hit.caption),
            hit.kind.word().to_owned(),
            cell(&programmes.join("; ")),
            cell(act.and_then(|act| act.basis.as_deref()).unwrap_or("")),
            act.and_then(|act| act.listed_on).map_or_else(String::new, |date| date.to_string()),
            cell(&hit.evidence.summary),
        ];
        out.write_record(lead.iter().chain(&middle).chain(&tail))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text() {
        for (text, expected) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+1+cmd", "'+1+cmd"),
            ("-0.5", "-0.5"),
            ("Anna", "Anna"),
            ("\u{1b}]0;x", "\\u{1b}]0;x"),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
