//! What the scores of labelled rows say: precision, recall, false positives, curves.
//!
//! Promises: every labelled row counts once; a row that could not be scored counts as not flagged
//! and is said; a figure without rows to stand on is absent, not zero.

use serde::Serialize;

/// A labelled row and its score.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// Whether it should be found.
    pub truth: bool,
    /// The score in ten-thousandths; none if it could not be done.
    pub score: Option<u16>,
    /// The row's value in each of the columns that are reported on.
    pub groups: Vec<String>,
}

/// Counts at a threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Found, and should be.
    pub found: u64,
    /// Missed.
    pub missed: u64,
    /// Flagged, and should not be.
    pub flagged: u64,
    /// Rightly passed.
    pub passed: u64,
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Counts {
    /// Of what was flagged, how much was right.
    pub fn precision(&self) -> Option<f64> {
        share(self.found, self.found.saturating_add(self.flagged))
    }

    /// Of what should be found, how much was.
    pub fn recall(&self) -> Option<f64> {
        share(self.found, self.found.saturating_add(self.missed))
    }

    /// The harmonic mean of the two.
    pub fn f1(&self) -> Option<f64> {
        let twice = self.found.saturating_mul(2);
        let whole = twice.saturating_add(self.flagged).saturating_add(self.missed);
        if self.found.saturating_add(self.missed) == 0 { None } else { share(twice, whole) }
    }

    /// Of what should pass, how much was flagged.
    pub fn false_positives(&self) -> Option<f64> {
        share(self.flagged, self.flagged.saturating_add(self.passed))
    }
}

/// Counts of rows at a threshold.
pub fn at<'a>(rows: impl IntoIterator<Item = &'a Labelled>, threshold: u16) -> Counts {
    let mut counts = Counts::default();
    for row in rows {
        let hit = row.score.is_some_and(|score| score >= threshold);
        let count = match (row.truth, hit) {
            (true, true) => &mut counts.found,
            (true, false) => &mut counts.missed,
            (false, true) => &mut counts.flagged,
            (false, false) => &mut counts.passed,
        };
        *count = count.saturating_add(1);
    }
    counts
}

/// The thresholds of the tables: 0.50, 0.55, … 0.95.
pub fn thresholds() -> impl Iterator<Item = u16> {
    (10..=19).map(|step| step * 500)
}

/// The threshold with the best F1, the lowest of equals.
pub fn best(rows: &[Labelled]) -> Option<(u16, Counts)> {
    let mut scores: Vec<u16> = rows.iter().filter_map(|row| row.score).filter(|score| *score > 0).collect();
    scores.sort_unstable();
    scores.dedup();
    let counts = scores.into_iter().map(|threshold| (threshold, at(rows, threshold)));
    counts.filter(|(_, counts)| counts.f1().is_some()).reduce(|a, b| if b.1.f1() > a.1.f1() { b } else { a })
}

/// The lowest threshold that flags at most this share of the rows that should pass.
pub fn threshold_flagging(rows: &[Labelled], share: f64) -> Option<u16> {
    let mut passing: Vec<u16> = rows.iter().filter(|row| !row.truth).map(|row| row.score.unwrap_or(0)).collect();
    if passing.is_empty() {
        return None;
    }
    passing.sort_unstable_by(|a, b| b.cmp(a));
    // Floor: never more than the share.
    let allowed = (passing.len() as f64 * share).floor() as usize;
    let first_not_allowed = passing.get(allowed).copied().unwrap_or(0);
    Some(first_not_allowed.saturating_add(1))
}

/// Points of the receiver operating characteristic: false-positive rate and recall, from strict to lax.
pub fn roc(rows: &[Labelled]) -> Vec<(f64, f64)> {
    let mut scored: Vec<(u16, bool)> = rows.iter().map(|row| (row.score.unwrap_or(0), row.truth)).collect();
    scored.sort_unstable_by_key(|(score, _)| std::cmp::Reverse(*score));
    let positives = scored.iter().filter(|(_, truth)| *truth).count();
    let negatives = scored.len() - positives;
    if positives == 0 || negatives == 0 {
        return Vec::new();
    }
    let (mut found, mut flagged) = (0u64, 0u64);
    let mut points = vec![(0.0, 0.0)];
    for (i, (score, truth)) in scored.iter().enumerate() {
        if *truth {
            found += 1
        } else {
            flagged += 1
        }
        if scored.get(i + 1).is_none_or(|next| next.0 != *score) && *score > 0 {
            points.push((flagged as f64 / negatives as f64, found as f64 / positives as f64));
        }
    }
    points
}

/// One bar of the reliability curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bin {
    /// The lowest score of the bin.
    pub from: u16,
    /// Rows with a score in it.
    pub rows: u64,
    /// Those of them that should be found.
    pub true_rows: u64,
    /// Mean score.
    pub mean: f64,
}

/// Of the rows with a score from 0.5 to 0.55, from 0.55 to 0.6, …: how many are right.
pub fn reliability(rows: &[Labelled]) -> Vec<Bin> {
    let bins = thresholds().map(|from| {
        let to = if from >= 9500 { u16::MAX } else { from + 500 };
        let within =
            || rows.iter().filter_map(move |row| row.score.filter(|s| (from..to).contains(s)).map(|s| (s, row.truth)));
        let count = within().count() as u64;
        let sum: u64 = within().map(|(score, _)| u64::from(score)).sum();
        let true_rows = within().filter(|(_, truth)| *truth).count() as u64;
        Bin { from, rows: count, true_rows, mean: sum as f64 / 10_000.0 / (count.max(1) as f64) }
    });
    bins.filter(|bin| bin.rows > 0).collect()
}

/// The value below which this share of the sorted values lies.
pub fn percentile(sorted: &[u64], share: f64) -> Option<u64> {
    let at = (sorted.len().saturating_sub(1) as f64 * share).round() as usize;
    sorted.get(at).copied()
}

/// A score as text, with four decimals.
pub fn score_text(score: u16) -> String {
    format!("{:.4}", f64::from(score) / 10_000.0)
}

/// A share in percent.
pub fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.2} %", share * 100.0))
}

/// A share with three decimals.
pub fn three(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{share:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(truth: bool, score: u16) -> Labelled {
        Labelled { truth, score: Some(score), groups: Vec::new() }
    }

    #[test]
    fn counts_every_row_once() {
        let mut rows = vec![row(true, 9000), row(true, 6999), row(false, 7000), row(false, 100)];
        rows.push(Labelled { truth: true, score: None, groups: Vec::new() });
        let counts = at(&rows, 7000);
        assert_eq!(counts, Counts { found: 1, missed: 2, flagged: 1, passed: 1 });
        assert_eq!(counts.precision(), Some(0.5));
        assert_eq!(counts.recall(), Some(1.0 / 3.0));
        assert_eq!(counts.false_positives(), Some(0.5));
        assert_eq!(at(&[], 7000).f1(), None);
    }

    #[test]
    fn a_threshold_never_flags_more_than_asked() {
        let rows: Vec<Labelled> = (0..1000).map(|i| row(false, i)).collect();
        let threshold = threshold_flagging(&rows, 0.005).unwrap();
        assert_eq!(at(&rows, threshold).flagged, 5);
        // Many rows with one score cannot be told apart: rather none of them than too many.
        let rows: Vec<Labelled> = (0..1000).map(|i| row(false, if i < 10 { 800 } else { 0 })).collect();
        let threshold = threshold_flagging(&rows, 0.005).unwrap();
        assert_eq!((threshold, at(&rows, threshold).flagged), (801, 0));
    }

    #[test]
    fn curves_begin_and_end_where_they_should() {
        let rows = [row(true, 9000), row(false, 8000), row(true, 7000), row(false, 6000)];
        assert_eq!(roc(&rows), [(0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (1.0, 1.0)]);
        let bins = reliability(&rows);
        assert_eq!(
            bins.iter().map(|bin| (bin.from, bin.true_rows)).collect::<Vec<_>>(),
            [(6000, 0), (7000, 1), (8000, 0), (9000, 1)]
        );
        assert_eq!(best(&rows).map(|(threshold, _)| threshold), Some(7000));
    }
}
