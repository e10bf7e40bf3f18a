//! The coverage table: every operative paragraph of an act, with its page or the reason why it has none.
//!
//! Promises: a paragraph that is missing, a page that does not exist and a page that no paragraph names
//! are problems.
//!
//! The table is `<jurisdiction>/coverage.tsv`: act, paragraph, pages or `-`, remark. The row with
//! paragraph `count` says how many paragraphs the act has, and where the number comes from.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Problem;
use crate::law::Law;

/// One paragraph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Place in the table.
    #[serde(skip)]
    pub place: String,
    /// The act, as `2397`.
    pub act: String,
    /// The paragraph.
    pub paragraph: String,
    /// Its pages.
    pub pages: Vec<String>,
    /// Why it has none, or what the pages leave out.
    pub remark: String,
}

/// All tables, in order of their rows, and what is wrong with them.
pub fn table(law: &Law) -> (Vec<Row>, Vec<Problem>) {
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    let mut counts: BTreeMap<String, (u32, String)> = BTreeMap::new();
    for (path, text) in law.tables.iter().filter(|(path, _)| path.ends_with("/coverage.tsv")) {
        for (n, line) in text.lines().enumerate() {
            let place = format!("{path}:{}", n + 1);
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let [act, paragraph, pages, remark] = line.split('\t').map(str::trim).collect::<Vec<_>>()[..] else {
                problems.push(Problem::new(place, "a row has four columns: act, paragraph, pages, remark"));
                continue;
            };
            if paragraph == "count" {
                match pages.parse() {
                    Ok(count) => drop(counts.insert(act.to_owned(), (count, place))),
                    Err(_) => problems.push(Problem::new(place, format!("`{pages}` is no number of paragraphs"))),
                }
                continue;
            }
            let pages: Vec<String> = pages.split_whitespace().filter(|page| *page != "-").map(str::to_owned).collect();
            for page in pages.iter().filter(|page| !law.knows(page)) {
                problems.push(Problem::new(place.clone(), format!("`{page}` is no page")));
            }
            if pages.is_empty() && remark.is_empty() {
                problems.push(Problem::new(place.clone(), "neither a page nor a reason"));
            }
            rows.push(Row {
                place,
                act: act.to_owned(),
                paragraph: paragraph.to_owned(),
                pages,
                remark: remark.to_owned(),
            });
        }
        let folder = path.split('/').next().unwrap_or("");
        for page in law.pages.iter().filter(|page| page.id.starts_with(&format!("{folder}/"))) {
            let named = |row: &Row| row.pages.iter().any(|p| *p == page.id || p.split('#').next() == Some(&page.id));
            if !rows.iter().any(named) {
                problems.push(Problem::new(path.clone(), format!("page `{}` is in no row", page.id)));
            }
        }
    }
    for row in &rows {
        if !counts.contains_key(&row.act) {
            problems.push(Problem::new(row.place.clone(), format!("act {} has no `count` row", row.act)));
            break;
        }
    }
    for (act, (count, place)) in &counts {
        for number in 1..=*count {
            let is = |row: &Row| {
                row.act == *act
                    && row.paragraph.split(|c: char| !c.is_ascii_digit()).next() == Some(&number.to_string())
            };
            if !rows.iter().any(is) {
                problems.push(Problem::new(place.clone(), format!("paragraph {number} of {act} is missing")));
            }
        }
    }
    (rows, problems)
}
