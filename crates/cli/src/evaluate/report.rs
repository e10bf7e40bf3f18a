//! The report of a labelled run as one HTML page: pictures and tables, no outside resources.

use std::fmt::Write as _;

use super::figures::{self, Labelled, percent, three};

/// A table of the report.
pub struct Table {
    /// Its heading.
    pub title: String,
    /// Header and rows.
    pub rows: Vec<Vec<String>>,
}

/// What a report says.
pub struct Report<'a> {
    /// Its title.
    pub title: String,
    /// What was measured on what, in `name: value` pairs.
    pub facts: Vec<(String, String)>,
    /// The labelled rows.
    pub rows: &'a [Labelled],
    /// The threshold in use.
    pub threshold: u16,
    /// Further tables.
    pub tables: Vec<Table>,
}

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}\
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;margin:.5rem 0}\
td,th{padding:.2rem .7rem;border-bottom:1px solid #ddd;text-align:right}td:first-child,th:first-child{text-align:left}\
th{background:#f4f4f4}svg{max-width:100%;height:auto;background:#fff}figure{display:inline-block;margin:0 1rem 1rem 0}\
figcaption{font-size:.85rem;color:#555}.now{background:#fff3cd}";

/// Text as it may stand in a page.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if crate::style::is_unsafe(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// The beginning of a page.
pub fn head(title: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style></head>\n\
         <body><h1>{title}</h1>\n"
    )
}

/// `name: value` pairs as a table.
pub fn facts(facts: &[(String, String)]) -> String {
    let head = vec!["what".to_owned(), String::new()];
    let rows = facts.iter().map(|(name, value)| vec![name.clone(), value.clone()]);
    table(&std::iter::once(head).chain(rows).collect::<Vec<_>>(), None)
}

/// A table, its first row the heading; `now` is the row that is marked.
pub fn table(rows: &[Vec<String>], now: Option<usize>) -> String {
    let mut out = String::from("<table>");
    for (i, row) in rows.iter().enumerate() {
        let tag = if i == 0 { "th" } else { "td" };
        out.push_str(if now == Some(i) { "<tr class=\"now\">" } else { "<tr>" });
        for cell in row {
            // Writing to a string does not fail.
            let _ = write!(out, "<{tag}>{}</{tag}>", escape(cell));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table>\n");
    out
}

/// Precision, recall and false positives at each threshold, the one in use among them.
pub fn by_threshold(rows: &[Labelled], threshold: u16) -> Vec<Vec<String>> {
    let mut table = vec![
        ["threshold", "precision", "recall", "F1", "false positives", "found", "missed", "flagged", "passed"]
            .map(str::to_owned)
            .to_vec(),
    ];
    let mut thresholds: Vec<u16> = figures::thresholds().chain([threshold]).collect();
    thresholds.sort_unstable();
    thresholds.dedup();
    for at in thresholds {
        let counts = figures::at(rows, at);
        let mark = if at == threshold { " *" } else { "" };
        table.push(vec![
            format!("{:.2}{mark}", f64::from(at) / 10_000.0),
            three(counts.precision()),
            three(counts.recall()),
            three(counts.f1()),
            percent(counts.false_positives()),
            counts.found.to_string(),
            counts.missed.to_string(),
            counts.flagged.to_string(),
            counts.passed.to_string(),
        ]);
    }
    table
}

/// Of the rows in each span of scores, how many are right.
pub fn reliability(rows: &[Labelled]) -> Vec<Vec<String>> {
    let mut table = vec![["score", "rows", "right", "share right", "mean score"].map(str::to_owned).to_vec()];
    for bin in figures::reliability(rows) {
        let from = f64::from(bin.from) / 10_000.0;
        table.push(vec![
            format!("{from:.2}–{:.2}", (from + 0.05).min(1.0)),
            bin.rows.to_string(),
            bin.true_rows.to_string(),
            three(Some(bin.true_rows as f64 / bin.rows.max(1) as f64)),
            three(Some(bin.mean)),
        ]);
    }
    table
}

const SIDE: f64 = 360.0;
const MARGIN: f64 = 45.0;

/// A square plot of points in 0..1 with its axes.
fn plot(points: &[(f64, f64)], x_title: &str, y_title: &str, x_range: (f64, f64), dots: bool) -> String {
    let (low, high) = x_range;
    let x = |value: f64| MARGIN + (value.clamp(low, high) - low) / (high - low) * SIDE;
    let y = |value: f64| MARGIN + (1.0 - value.clamp(0.0, 1.0)) * SIDE;
    let whole = SIDE + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {whole} {whole}\" width=\"{whole}\" height=\"{whole}\" role=\"img\">"
    );
    for step in 0..=5 {
        let share = f64::from(step) / 5.0;
        let value = low + (high - low) * share;
        let (gx, gy) = (x(value), y(share));
        let (end, bottom) = (MARGIN + SIDE, MARGIN + SIDE);
        let _ = write!(
            svg,
            "<path d=\"M{gx:.1} {MARGIN}V{bottom}M{MARGIN} {gy:.1}H{end}\" stroke=\"#e4e4e4\"/>\
             <text x=\"{gx:.1}\" y=\"{:.1}\" font-size=\"11\" text-anchor=\"middle\">{value:.3}</text>\
             <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"11\" text-anchor=\"end\">{share:.1}</text>",
            bottom + 15.0,
            MARGIN - 5.0,
            gy + 4.0,
        );
    }
    let _ = write!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"12\" text-anchor=\"middle\">{}</text>\
         <text x=\"13\" y=\"{:.1}\" font-size=\"12\" text-anchor=\"middle\" transform=\"rotate(-90 13 {:.1})\">{}</text>",
        MARGIN + SIDE / 2.0,
        whole - 8.0,
        escape(x_title),
        whole / 2.0,
        whole / 2.0,
        escape(y_title),
    );
    // Thinned: a curve of fifty thousand points looks the same with a thousand.
    let step = points.len().div_ceil(1000).max(1);
    let shown = points.iter().enumerate().filter(|(i, _)| i % step == 0 || i + 1 == points.len());
    let line: Vec<String> = shown.map(|(_, (px, py))| format!("{:.1},{:.1}", x(*px), y(*py))).collect();
    let _ =
        write!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"#0b57d0\" stroke-width=\"2\"/>", line.join(" "));
    if dots {
        for (px, py) in points {
            let _ = write!(svg, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"#0b57d0\"/>", x(*px), y(*py));
        }
        let _ = write!(
            svg,
            "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" stroke=\"#999\" stroke-dasharray=\"4\"/>",
            x(low),
            y(low),
            x(high),
            y(high)
        );
    }
    svg.push_str("</svg>");
    svg
}

impl Report<'_> {
    /// The page.
    pub fn html(&self) -> String {
        format!("{}{}{}</body></html>\n", head(&self.title), facts(&self.facts), self.body())
    }

    /// Its curves and tables, without what they rest on.
    pub fn body(&self) -> String {
        let mut page = String::new();
        let roc = figures::roc(self.rows);
        page.push_str("<h2>Curves</h2>\n");
        if roc.is_empty() {
            page.push_str("<p>No curve: it takes rows that should be found and rows that should not.</p>\n");
        } else {
            let axes = ("false-positive rate", "recall");
            let low: Vec<(f64, f64)> = roc.iter().copied().filter(|(x, _)| *x <= 0.02).collect();
            let _ = writeln!(
                page,
                "<figure>{}<figcaption>Receiver operating characteristic</figcaption></figure>\
                 <figure>{}<figcaption>The same, where at most 2 % are flagged wrongly</figcaption></figure>",
                plot(&roc, axes.0, axes.1, (0.0, 1.0), false),
                plot(&low, axes.0, axes.1, (0.0, 0.02), false),
            );
        }
        let bins = figures::reliability(self.rows);
        let points: Vec<(f64, f64)> =
            bins.iter().map(|bin| (bin.mean, bin.true_rows as f64 / bin.rows.max(1) as f64)).collect();
        let _ = writeln!(
            page,
            "<figure>{}<figcaption>Reliability: of the rows with a score, the share that is right</figcaption></figure>",
            plot(&points, "score", "share right", (0.5, 1.0), true)
        );
        page.push_str("<h2>By threshold</h2>\n");
        let thresholds = by_threshold(self.rows, self.threshold);
        let now = thresholds.iter().position(|row| row.first().is_some_and(|cell| cell.ends_with('*')));
        page.push_str(&table(&thresholds, now));
        page.push_str("<h2>Reliability</h2>\n");
        page.push_str(&table(&reliability(self.rows), None));
        for part in &self.tables {
            let _ = write!(page, "<h2>{}</h2>\n{}", escape(&part.title), table(&part.rows, None));
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_stands_alone_and_runs_nothing() {
        let rows = [
            Labelled { truth: true, score: Some(9000), groups: Vec::new() },
            Labelled { truth: false, score: Some(6000), groups: Vec::new() },
        ];
        let page = Report {
            title: "<script>alert(1)</script>".to_owned(),
            facts: vec![("file".to_owned(), "a & b\u{202e}".to_owned())],
            rows: &rows,
            threshold: 7000,
            tables: Vec::new(),
        }
        .html();
        assert!(!page.contains("<script") && !page.contains('\u{202e}') && page.contains("a &amp; b"));
        assert!(!page.contains("src=") && !page.contains("href="));
        assert_eq!(page.matches("<svg").count(), 3);
    }
}
