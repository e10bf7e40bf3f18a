//! The rows just above and just below the threshold: what a reviewer of a threshold looks at.
//!
//! Promises: the same rows give the same samples; ties at the edge go to the earlier row.

use super::figures::score_text;
use super::report::Table;
use crate::style;

/// Samples on each side.
const EACH: usize = 20;

/// Widest cell of a name: longer ones are cut, the scores file has them whole.
const WIDTH: usize = 90;

/// A scored row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sample {
    /// Its score in ten-thousandths.
    pub score: u16,
    /// Whether it should be found, if that is known.
    pub right: Option<bool>,
    /// The party.
    pub party: String,
    /// What it was compared with.
    pub listed: String,
}

/// Those nearest to the threshold: at or above it, and below it.
pub fn around(samples: &[Sample], threshold: u16) -> Vec<Table> {
    let (mut above, mut below): (Vec<&Sample>, Vec<&Sample>) =
        samples.iter().filter(|sample| sample.score > 0).partition(|sample| sample.score >= threshold);
    above.sort_by_key(|sample| sample.score);
    below.sort_by_key(|sample| std::cmp::Reverse(sample.score));
    let at = f64::from(threshold) / 10_000.0;
    vec![
        table(format!("just above the line of {at:.2}: hits"), &above),
        table(format!("just below the line of {at:.2}: no hits"), &below),
    ]
}

fn table(title: String, samples: &[&Sample]) -> Table {
    let mut rows = vec![["party", "compared with", "score", "label"].map(str::to_owned).to_vec()];
    for sample in samples.iter().take(EACH) {
        let label = match sample.right {
            Some(true) => "should be found",
            Some(false) => "should pass",
            None => "–",
        };
        let (party, listed) = (style::fit(&sample.party, WIDTH), style::fit(&sample.listed, WIDTH));
        rows.push(vec![party, listed, score_text(sample.score), label.to_owned()]);
    }
    let title = if samples.is_empty() { format!("{title} (none)") } else { title };
    Table { title, rows }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_first_on_each_side() {
        let sample =
            |score| Sample { score, right: Some(score > 7000), party: format!("p{score}"), listed: String::new() };
        let samples: Vec<Sample> = [9000, 7000, 6999, 0, 7001, 100].map(sample).to_vec();
        let tables = around(&samples, 7000);
        let parties = |table: &Table| table.rows.iter().skip(1).map(|row| row[0].clone()).collect::<Vec<_>>();
        assert_eq!(parties(&tables[0]), ["p7000", "p7001", "p9000"]);
        assert_eq!(parties(&tables[1]), ["p6999", "p100"]);
        let many: Vec<Sample> = (0..100).map(|i| sample(7000 + i)).collect();
        assert_eq!(around(&many, 7000)[0].rows.len(), 1 + EACH);
    }
}
