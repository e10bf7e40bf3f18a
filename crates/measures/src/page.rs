//! A page of law as it is written: heading, paraphrase, and the lines of its blocks, unread.
//!
//! Promises: every line of a block is kept with its number; a line that is neither a field nor a
//! rule nor a continuation is an error at that line.
//!
//! Not here: what conditions mean (`parse`), how pages refer to each other (`law`).

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::Problem;
use crate::value::Amount;

/// A `key: text` line and what continues it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The key.
    pub key: String,
    /// The text.
    pub text: String,
    /// Its line in the file.
    pub line: usize,
}

/// A named node: `prohibit coal`, and what is indented below it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Node {
    /// `prohibit`, `require`, `permit`, `oblige`, `except`, `licence`, `cap`, `value`, or empty for the block itself.
    pub keyword: String,
    /// The rest of the line.
    pub name: String,
    /// Its line in the file.
    pub line: usize,
    /// Fields.
    pub fields: Vec<Field>,
    /// Nodes below.
    pub children: Vec<Node>,
}

/// What may start a node.
const KEYWORDS: [&str; 8] = ["prohibit", "require", "permit", "oblige", "except", "licence", "cap", "value"];

impl Node {
    /// The text of a field that stands at most once.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// All fields of a key.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Field> {
        self.fields.iter().filter(move |field| field.key == key)
    }

    /// Fields whose key is not among `known`.
    pub fn unknown<'a>(&'a self, known: &'a [&str]) -> impl Iterator<Item = &'a Field> {
        self.fields.iter().filter(move |field| !known.contains(&field.key.as_str()))
    }
}

/// One line of a `cases` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseLine {
    /// Its line in the file.
    pub line: usize,
    /// The text.
    pub text: String,
}

/// A file under `law/`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Source {
    /// Path below `law/`, as `un/2371/9.md`.
    pub path: String,
    /// The heading.
    pub heading: String,
    /// The paragraphs outside the blocks, as written.
    pub prose: String,
    /// Addresses the prose links to.
    pub links: Vec<String>,
    /// The `rule`, `jurisdiction` or `regime` block by its name.
    pub block: Option<(String, Node)>,
    /// Lines of the `cases` block.
    pub cases: Vec<CaseLine>,
    /// Line of the first cases block, 0 without.
    pub cases_line: usize,
}

/// One limit of a cap, in one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The amount.
    pub amount: Amount,
    /// The unit, as `bbl`.
    pub unit: String,
    /// The term that holds a delivery's amount in that unit.
    pub term: String,
}

/// The days over which a cap counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// From one day to another, both counted.
    Once(Date, Date),
    /// So many months at a time from a day.
    Every(i32, Date),
}

/// How often those bound must report, as the page writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cap {
    /// Its id, unique over all pages.
    pub id: String,
    /// What is counted.
    pub text: String,
    /// The period.
    pub period: Period,
    /// The day from which nothing counts any more because the cap was replaced.
    pub closed: Option<Date>,
    /// Limits by unit.
    pub limits: Vec<Limit>,
    /// Whether the first unit to run out closes it; otherwise its units are two measures of one amount.
    pub lower: bool,
    /// Shares, in percent, at which those who deliver are told.
    pub notices: Vec<u32>,
    /// Share, in percent, at which deliveries must end.
    pub stop: Option<u32>,
    /// When reports are due, in words.
    pub report: String,
    /// Days a report may take after what it covers, from those words.
    pub report_days: Option<u32>,
    /// The page.
    pub page: String,
    /// Where it stands.
    pub place: String,
}

impl Cap {
    /// The term that holds what the period has used in a unit.
    pub fn used_term(&self, unit: &str) -> String {
        format!("used.{}.{}", self.id, unit.to_ascii_lowercase())
    }
}

/// Kind, first line and lines of a block that is not closed yet.
type OpenBlock<'a> = (String, usize, Vec<(usize, &'a str)>);

/// Takes a file apart.
pub fn read(path: &str, text: &str) -> (Source, Vec<Problem>) {
    let mut source = Source { path: path.to_owned(), ..Source::default() };
    let mut problems = Vec::new();
    let mut block: Option<OpenBlock<'_>> = None;
    for (n, line) in text.lines().enumerate() {
        let number = n + 1;
        match (&mut block, line.strip_prefix("```")) {
            (None, Some(kind)) => block = Some((kind.trim().to_owned(), number, Vec::new())),
            (Some(_), Some(_)) => {
                if let Some((kind, start, lines)) = block.take() {
                    close(&mut source, &mut problems, &kind, start, &lines);
                }
            }
            (Some((_, _, lines)), None) => lines.push((number, line)),
            (None, None) => prose(&mut source, line),
        }
    }
    if let Some((kind, start, _)) = block {
        problems.push(Problem::new(format!("{path}:{start}"), format!("the `{kind}` block is not closed")));
    }
    (source, problems)
}

fn prose(source: &mut Source, line: &str) {
    if let Some(heading) = line.strip_prefix("# ")
        && source.heading.is_empty()
    {
        heading.trim().clone_into(&mut source.heading);
        return;
    }
    source.prose.push_str(line);
    source.prose.push('\n');
    for part in line.split("](").skip(1) {
        // Addresses of documents carry their own parentheses: S/RES/2371(2017).
        let mut depth = 0_usize;
        let end = part.char_indices().find(|(_, c)| match c {
            '(' => {
                depth += 1;
                false
            }
            ')' if depth > 0 => {
                depth -= 1;
                false
            }
            ')' => true,
            _ => false,
        });
        let link = end.map_or(part, |(at, _)| part.get(..at).unwrap_or(part));
        source.links.push(link.to_owned());
    }
}

fn close(source: &mut Source, problems: &mut Vec<Problem>, kind: &str, start: usize, lines: &[(usize, &str)]) {
    let place = |line: usize| format!("{}:{line}", source.path);
    match kind {
        "rule" | "jurisdiction" | "regime" => {
            if let Some((first, _)) = &source.block {
                problems.push(
                    Problem::new(place(start), format!("a second block `{kind}` beside `{first}`"))
                        .hint("one page, one article: move it to its own file"),
                );
                return;
            }
            let (node, wrong) = tree(&source.path, start, lines);
            problems.extend(wrong);
            source.block = Some((kind.to_owned(), node));
        }
        "cases" => {
            source.cases_line = if source.cases_line == 0 { start } else { source.cases_line };
            let kept = lines.iter().filter(|(_, text)| !text.trim().is_empty() && !text.starts_with('#'));
            source.cases.extend(kept.map(|(line, text)| CaseLine { line: *line, text: (*text).to_owned() }));
        }
        // Examples of commands and output are prose.
        "" | "text" | "console" => {}
        other => problems.push(
            Problem::new(place(start), format!("unknown block `{other}`")).hint("rule, cases, jurisdiction or regime"),
        ),
    }
}

/// Builds the tree of a block from indentation, two spaces a level.
fn tree(path: &str, start: usize, lines: &[(usize, &str)]) -> (Node, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut stack: Vec<(usize, Node)> = vec![(0, Node { line: start, ..Node::default() })];
    for (number, raw) in lines {
        let text = raw.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let place = || format!("{path}:{number}");
        let indent = raw.len() - raw.trim_start_matches(' ').len();
        if raw.contains('\t') || indent % 2 == 1 {
            problems.push(Problem::new(place(), "indentation is two spaces a level, without tabs"));
            continue;
        }
        let first = text.split_whitespace().next().unwrap_or("");
        let is_node = KEYWORDS.contains(&first);
        let key = text.split_once(':').map(|(key, _)| key).filter(|key| {
            !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        });
        let define = text.strip_prefix("define ");
        while stack.len() > 1 && stack.last().is_some_and(|(level, _)| indent < *level) {
            fold(&mut stack);
        }
        let Some((level, top)) = stack.last_mut() else { continue };
        if is_node && key.is_none() {
            if indent != *level {
                problems.push(Problem::new(
                    place(),
                    format!("`{first}` stands {indent} spaces in, its neighbours {level}"),
                ));
                continue;
            }
            let name = text.strip_prefix(first).unwrap_or("").trim().to_owned();
            stack.push((indent + 2, Node { keyword: first.to_owned(), name, line: *number, ..Node::default() }));
        } else if let (Some(definition), true) = (define, indent == *level) {
            top.fields.push(Field { key: "define".to_owned(), text: definition.to_owned(), line: *number });
        } else if let (Some(key), true) = (key, indent == *level) {
            let value = text.get(key.len() + 1..).unwrap_or("").trim().to_owned();
            top.fields.push(Field { key: key.to_owned(), text: value, line: *number });
        } else if let (true, Some(last)) = (indent > *level, top.fields.last_mut()) {
            last.text.push(' ');
            last.text.push_str(text);
        } else {
            problems.push(
                Problem::new(place(), format!("`{text}` is neither a field nor a rule"))
                    .hint("write `key: text`, a rule such as `prohibit name`, or indent to continue the line above"),
            );
        }
    }
    while stack.len() > 1 {
        fold(&mut stack);
    }
    (stack.pop().map(|(_, node)| node).unwrap_or_default(), problems)
}

fn fold(stack: &mut Vec<(usize, Node)>) {
    if let Some((_, child)) = stack.pop()
        && let Some((_, parent)) = stack.last_mut()
    {
        parent.children.push(child);
    }
}

/// Facts written in one line: `term=value, term=value, term` (yes), `term=?` (unknown again).
pub fn assignments(text: &str) -> BTreeMap<String, Option<String>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| match part.split_once('=') {
            Some((term, value)) if value.trim() == "?" => (term.trim().to_owned(), None),
            Some((term, value)) => (term.trim().to_owned(), Some(value.trim().to_owned())),
            None => (part.to_owned(), Some("yes".to_owned())),
        })
        .collect()
}
