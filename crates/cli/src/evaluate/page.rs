//! A page of several parts that stands alone: text, pictures, tables, no scripts, no outside resources.
//!
//! Promises: every text is escaped; nothing is fetched when it is read.

use std::fmt::Write as _;

use super::report::{self, Table, escape};

/// A page.
pub struct Page {
    /// Its title.
    pub title: String,
    /// What it rests on, in `name: value` pairs.
    pub facts: Vec<(String, String)>,
    /// Its parts.
    pub sections: Vec<Section>,
}

/// A part of a page.
#[derive(Default)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// Paragraphs.
    pub text: Vec<String>,
    /// What this part rests on.
    pub facts: Vec<(String, String)>,
    /// Pictures made here, with their captions.
    pub pictures: Vec<(String, String)>,
    /// Curves and tables made by a report.
    pub body: String,
    /// Tables.
    pub tables: Vec<Table>,
}

impl Page {
    /// The page.
    pub fn html(&self) -> String {
        let mut page = report::head(&self.title);
        page.push_str(&report::facts(&self.facts));
        for section in &self.sections {
            section.write(&mut page);
        }
        page.push_str("</body></html>\n");
        page
    }
}

impl Section {
    fn write(&self, page: &mut String) {
        // Writing to a string does not fail.
        let _ = writeln!(page, "<h1>{}</h1>", escape(&self.title));
        for text in &self.text {
            let _ = writeln!(page, "<p>{}</p>", escape(text));
        }
        if !self.facts.is_empty() {
            page.push_str(&report::facts(&self.facts));
        }
        for (picture, caption) in &self.pictures {
            let _ = writeln!(page, "<figure>{picture}<figcaption>{}</figcaption></figure>", escape(caption));
        }
        page.push_str(&self.body);
        for part in &self.tables {
            let _ = write!(page, "<h2>{}</h2>\n{}", escape(&part.title), report::table(&part.rows, None));
        }
    }
}

/// Lying bars of shares, each with its word and its value.
pub fn bars(shares: &[(&str, f64)]) -> String {
    let (left, wide, line) = (170.0, 420.0, 22.0);
    let (width, height) = (left + wide + 70.0, line * shares.len() as f64 + 10.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">"
    );
    for (i, (word, share)) in shares.iter().enumerate() {
        let top = line * i as f64 + 5.0;
        let long = share.clamp(0.0, 1.0) * wide;
        let _ = write!(
            svg,
            "<text x=\"{:.0}\" y=\"{:.1}\" font-size=\"13\" text-anchor=\"end\">{}</text>\
             <rect x=\"{left}\" y=\"{top:.1}\" width=\"{long:.1}\" height=\"{:.0}\" fill=\"#0b57d0\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"12\">{:.1} %</text>",
            left - 8.0,
            top + 13.0,
            escape(word),
            line - 6.0,
            left + long + 6.0,
            top + 13.0,
            share * 100.0,
        );
    }
    svg.push_str("</svg>");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_escaped() {
        let table = Table { title: "<b>".to_owned(), rows: vec![vec!["<i>".to_owned()]] };
        let section = Section {
            title: "<u>".to_owned(),
            text: vec!["<p2>".to_owned()],
            facts: vec![("<a>".to_owned(), "&".to_owned())],
            pictures: vec![(bars(&[("<s>", 0.5)]), "<em>".to_owned())],
            body: String::new(),
            tables: vec![table],
        };
        let page = Page { title: "<t>".to_owned(), facts: Vec::new(), sections: vec![section] }.html();
        for text in ["<b>", "<i>", "<u>", "<p2>", "<a>", "<s>", "<em>", "<t>", "src=", "href=", "<script"] {
            assert!(!page.contains(text), "{text}");
        }
        assert!(page.contains("&lt;u&gt;") && page.contains("50.0 %"));
    }
}
