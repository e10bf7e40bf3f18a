//! Decides 100,000 shipment lines on one core and prints the rate: `cargo run --release -p interdict-measures --example bench`.
//!
//! The lines are drawn by a fixed generator: codes of all chapters, both directions and neither, days of
//! 2016 to 2024, and one fact in ten missing. Parties are left out, as screening has its own benchmark.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use interdict_measures::input::Fields;
use interdict_measures::{FactSet, Law, Verdict, decide, reference};

const LINES: usize = 100_000;
/// How many of them the reference judges as well.
const JUDGED: usize = 2_000;

struct Draw(u64);

impl Draw {
    // SplitMix64: the same lines on every machine.
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list.get(self.next(list.len() as u64) as usize).copied().unwrap_or("")
    }
}

fn line(draw: &mut Draw) -> Vec<(&'static str, String)> {
    let countries = ["cn", "kr", "de", "us", "ru", "jp", "kp", "kp"];
    let chapter =
        [1, 3, 7, 8, 12, 16, 25, 26, 27, 39, 44, 50, 61, 62, 64, 71, 72, 74, 78, 84, 85, 87, 88, 89, 90, 93, 97]
            [draw.next(27) as usize];
    let bools = ["yes", "no"];
    let mut out = vec![
        ("activity", "goods".to_owned()),
        ("date", format!("{}-{:02}-{:02}", 2016 + draw.next(9), 1 + draw.next(12), 1 + draw.next(28))),
        ("hs", format!("{chapter:02}0{}", 1 + draw.next(4))),
        ("hs_edition", "hs2017".to_owned()),
        ("origin", draw.of(&countries).to_owned()),
        ("from", draw.of(&countries).to_owned()),
        ("to", draw.of(&countries).to_owned()),
        ("from_party", draw.of(&countries).to_owned()),
        ("to_party", draw.of(&countries).to_owned()),
        ("bound_nationality", draw.of(&countries).to_owned()),
        ("bound_place", draw.of(&countries).to_owned()),
        ("bound_flag", "none".to_owned()),
        ("bound_incorporation", "none".to_owned()),
        ("currency", draw.of(&["usd", "eur", "cny"]).to_owned()),
        ("listed_by", "none".to_owned()),
        ("acts_for_listed", "no".to_owned()),
        ("quantity", draw.next(5_000).to_string()),
        ("unit", "t".to_owned()),
        ("product", draw.of(&["diesel", "gasoline"]).to_owned()),
        ("unit_value_usd", draw.next(3_000).to_string()),
        ("contract_date", format!("2017-{:02}-{:02}", 1 + draw.next(12), 1 + draw.next(28))),
    ];
    for term in
        ["wmd_item", "arms_item", "dual_use_item", "end_use_forces", "humanitarian", "livelihood", "committee_notified"]
    {
        out.push((term, draw.of(&bools).to_owned()));
    }
    // One fact in ten is not known.
    out.retain(|(name, _)| *name == "activity" || draw.next(10) > 0);
    out
}

/// Time this thread has had a core, where the system tells; otherwise the time that has passed.
fn spent(started: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.as_deref().and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanos.map_or_else(|| started.elapsed(), Duration::from_nanos)
}

fn main() -> ExitCode {
    let begun = Instant::now();
    let started = Instant::now();
    let law = match Law::embedded() {
        Ok(law) => law,
        Err(problems) => {
            eprintln!("{} problems in the law", problems.len());
            return ExitCode::from(2);
        }
    };
    println!(
        "law {}: {} pages, {} rules, loaded in {:.0?}",
        law.version.short(),
        law.pages.len(),
        law.rules.len(),
        started.elapsed()
    );
    let fields = match Fields::of(&law) {
        Ok(fields) => fields,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    let mut draw = Draw(20180105);
    let lines: Vec<_> = (0..LINES).map(|_| line(&mut draw)).collect();
    let before = spent(begun);
    let facts: Vec<FactSet> = lines
        .iter()
        .enumerate()
        .map(|(n, line)| {
            fields.read(&law, &n.to_string(), line.iter().map(|(name, text)| (*name, text.as_str()))).facts
        })
        .collect();
    let read = spent(begun).saturating_sub(before);
    let before = spent(begun);
    let mut counts = [0_usize; 4];
    for one in &facts {
        let at = match decide(&law, one).verdict {
            Verdict::Permitted => 0,
            Verdict::Conditional => 1,
            Verdict::Undetermined => 2,
            Verdict::Prohibited => 3,
        };
        counts[at] += 1;
    }
    let decided = spent(begun).saturating_sub(before);
    let rate = LINES as f64 / decided.as_secs_f64();
    println!(
        "{LINES} lines on one core: read in {read:.2?}, decided in {decided:.2?} ({rate:.0} a second), together {:.2?}",
        read + decided
    );
    println!(
        "permitted {}, conditional {}, undetermined {}, prohibited {}",
        counts[0], counts[1], counts[2], counts[3]
    );
    let differ = facts.iter().take(JUDGED).filter(|one| decide(&law, one) != reference::decide(&law, one)).count();
    println!("{JUDGED} of them by the reference: {differ} differ");
    if differ == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
