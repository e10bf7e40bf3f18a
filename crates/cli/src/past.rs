//! Times in the past: how they are written, and what an answer about one rests on, in words.
//!
//! Not here: which versions stand for a time (`store`).

use std::io::Write;

use interdict_engine::Engine;
use interdict_engine::past::{Basis, Past, PastList};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::exit::Failure;
use crate::style::{self, DIM, NOTE, clean};

/// A day, as `2018-01-26`.
pub fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "a day, as 2018-01-26".to_owned())
}

/// A moment, as `2025-11-18T09:30:00Z`; without an offset it is universal time, and a day means its end.
pub fn moment(text: &str) -> Result<Timestamp, String> {
    let wrong = || "a moment, as 2025-11-18T09:30:00Z, or a day, as 2025-11-18".to_owned();
    if let Ok(moment) = text.parse() {
        return Ok(moment);
    }
    let is_day = text.len() == "2025-11-18".len();
    let civil: DateTime = if is_day {
        let day: Date = text.parse().map_err(|_| wrong())?;
        day.at(23, 59, 59, 999_999_999)
    } else {
        text.parse().map_err(|_| wrong())?
    };
    TimeZone::UTC.to_timestamp(civil).map_err(|_| wrong())
}

/// Says what an answer about the past rests on; nothing if it is about the present.
pub fn print(out: &mut impl Write, engine: &Engine) -> Result<(), Failure> {
    let Some(past) = engine.snapshot().past() else { return Ok(()) };
    let asked: Vec<&interdict_model::ListId> = engine.lists().into_iter().map(|version| &version.list).collect();
    writeln!(out, "{NOTE}{}{NOTE:#}", question(past))?;
    for list in past.lists.iter().filter(|list| asked.contains(&&list.list)) {
        writeln!(out, "  {}", style::fit(&words(list), 300))?;
    }
    for list in &past.not_received {
        writeln!(
            out,
            "  {NOTE}{}: no version is known to have been received by then, so it is not compared{NOTE:#}",
            clean(&list.0)
        )?;
    }
    let unknown = past.lists.iter().any(|list| match list.basis {
        Basis::Reconstructed { .. } | Basis::NoDate { .. } => true,
        Basis::InForce | Basis::ListedSince { .. } | Basis::NewestReceived => false,
    });
    if unknown {
        let text = "a version kept from that time would say more: `interdict lists import FILE… --keep`";
        writeln!(out, "  {DIM}{text}{DIM:#}")?;
    }
    Ok(())
}

fn question(past: &Past) -> String {
    let force = past.when.as_of.map(|day| format!("in force on {day}"));
    let known = past.when.known_at.map(|at| format!("received by {at}"));
    format!("lists {}:", force.into_iter().chain(known).collect::<Vec<_>>().join(", as "))
}

fn words(list: &PastList) -> String {
    let published = list.published.map_or_else(|| "without a date".to_owned(), |day| format!("of {day}"));
    let received =
        list.received.map_or_else(String::new, |at| format!(", received {}", at.strftime("%Y-%m-%d %H:%MZ")));
    let version = format!("{} {published} {}{received}", list.list, list.version.short());
    let entries = |count: u64| style::count(count, "entry", "entries");
    let undated = |undated: u64, then: &str| match undated {
        0 => String::new(),
        count => format!("; {} without a date of listing {then}", entries(count)),
    };
    match list.basis {
        Basis::InForce => format!("{version}: the newest published by then"),
        Basis::NewestReceived => format!("{version}: the newest received by then"),
        Basis::ListedSince { not_known } => {
            let taken = match list.listings {
                0 => "none more that it says were listed by then".to_owned(),
                count => format!("{} more that it says were listed by then", entries(count)),
            };
            let left = match not_known {
                0 => String::new(),
                count => format!("; {} not taken, as it is not known when they came", entries(count)),
            };
            format!("{version}: {taken}{left}")
        }
        Basis::Reconstructed { left_out, undated: count } => {
            let kept = undated(count, "kept, as it is not known whether they were listed by then");
            format!(
                "{version}: only later versions are kept; reconstructed without {} listed later{kept}; what was \
                 taken off or put back before {}, and what entries said then, is not known",
                entries(left_out),
                list.published.map_or_else(|| "it".to_owned(), |day| day.to_string()),
            )
        }
        Basis::NoDate { left_out, undated: count } => {
            let kept = undated(count, "kept, as it is not known whether they were listed by then");
            format!(
                "{version}: no kept version carries a date; taken without {} listed later{kept}; what was taken \
                 off or put back before it, and what entries said then, is not known",
                entries(left_out),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_universal_time_and_a_day_means_its_end() {
        for (text, expected) in [
            ("2025-11-18T09:30:00Z", "2025-11-18T09:30:00Z"),
            ("2025-11-18T09:30:00+02:00", "2025-11-18T07:30:00Z"),
            ("2025-11-18T09:30", "2025-11-18T09:30:00Z"),
            ("2025-11-18 09:30:15", "2025-11-18T09:30:15Z"),
            ("2025-11-18", "2025-11-18T23:59:59.999999999Z"),
        ] {
            assert_eq!(moment(text).unwrap().to_string(), expected, "{text}");
        }
        for text in ["", "yesterday", "2025-13-01", "2025-11-18T25:00", "18.11.2025"] {
            assert!(moment(text).is_err(), "{text}");
        }
        assert!(day("2018-01-26").is_ok() && day("2018-02-30").is_err() && day("2018").is_err());
    }
}
