//! Assembles the law from files taken apart: definitions first, then caps and values, then rules.
//!
//! Promises: an unknown field, a missing one, a date that cannot be and a reference to nothing
//! are problems with their place; what follows a problem is still read, so that all show at once.

mod caps;
mod rules;

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::Problem;
use crate::law::{Days, Exception, Force, Jurisdiction, Law, Page, page_id};
use crate::page::{Field, Node, Source};
use crate::parse::Scope;
use crate::term::day;
use caps::caps_and_values;
use rules::Reader;

const PAGE_FIELDS: &[&str] = &[
    "regime",
    "act",
    "paragraph",
    "adopted",
    "force",
    "verified",
    "unverified",
    "from",
    "until",
    "ended-by",
    "replaces",
    "note",
];

type Definitions = BTreeMap<String, (String, String)>;

/// Exceptions that wait for the page they belong to: target, exception, place.
type Elsewhere = Vec<(String, Exception)>;

/// Fills `law` from `sources`.
pub fn assemble(law: &mut Law, sources: &[Source], problems: &mut Vec<Problem>) {
    let definitions = definitions(law, sources, problems);
    caps_and_values(law, sources, problems);
    binds(law, sources, &definitions, problems);
    let mut elsewhere = Elsewhere::new();
    for source in sources {
        let Some((kind, node)) = &source.block else { continue };
        if kind == "rule" {
            page(law, source, node, &definitions, &mut elsewhere, problems);
        }
    }
    attach(law, elsewhere, problems);
    for source in sources {
        let has_rule = matches!(&source.block, Some((kind, _)) if kind == "rule");
        let page = has_rule.then(|| page_id(source));
        crate::case::read(law, source, page.as_deref(), problems);
    }
}

fn at(source: &Source, line: usize) -> String {
    format!("{}:{line}", source.path)
}

fn definitions(law: &mut Law, sources: &[Source], problems: &mut Vec<Problem>) -> Definitions {
    let mut all = Definitions::new();
    for source in sources {
        let Some((kind, node)) = &source.block else { continue };
        if kind == "rule" {
            continue;
        }
        for field in node.all("define") {
            let place = at(source, field.line);
            let Some((name, text)) = field.text.split_once(':') else {
                problems.push(Problem::new(place, "a definition is written `define name: condition`"));
                continue;
            };
            let name = name.trim().to_owned();
            if let Some(term) = law.terms.get(&name) {
                problems.push(Problem::new(place, format!("`{name}` is already a term at {}", term.place)));
            } else if let Some((first, _)) = all.get(&name) {
                problems.push(Problem::new(place, format!("`{name}` is defined twice: first at {first}")));
            } else {
                all.insert(name, (place, text.trim().to_owned()));
            }
        }
        for field in node.unknown(&["id", "name", "binds", "days", "lists", "define", "note"]) {
            problems
                .push(Problem::new(at(source, field.line), format!("unknown field `{}` in a {kind} block", field.key)));
        }
        let id = node.field("id").map(|f| f.text.clone()).unwrap_or_default();
        if kind == "regime" {
            law.regimes.insert(id, source.heading.clone());
            continue;
        }
        let folder = source.path.split('/').next().unwrap_or("");
        if id != folder {
            problems
                .push(Problem::new(at(source, node.line), format!("jurisdiction `{id}` stands in folder `{folder}`")));
        }
        let days = node.field("days").map_or("", |f| f.text.as_str());
        if !matches!(days, "last included" | "last excluded") {
            problems.push(Problem::new(
                at(source, node.line),
                "a jurisdiction says `days: last included` or `days: last excluded`",
            ));
        }
        law.jurisdictions.push(Jurisdiction {
            id,
            name: node.field("name").map(|f| f.text.clone()).unwrap_or_default(),
            binds: None,
            last_day_counts: days != "last excluded",
            lists: node.field("lists").map(|f| list(&f.text)).unwrap_or_default(),
            place: at(source, node.line),
        });
    }
    all
}

fn binds(law: &mut Law, sources: &[Source], definitions: &Definitions, problems: &mut Vec<Problem>) {
    for source in sources {
        let Some((kind, node)) = &source.block else { continue };
        if kind != "jurisdiction" {
            continue;
        }
        let Some(field) = node.field("binds") else {
            problems.push(Problem::new(
                at(source, node.line),
                "a jurisdiction says whom it `binds:`, or `binds: everyone`",
            ));
            continue;
        };
        if field.text == "everyone" {
            continue;
        }
        let condition = scope(law, definitions, true).condition(&at(source, field.line), &field.text);
        let id = node.field("id").map(|f| f.text.clone()).unwrap_or_default();
        match condition {
            Ok(condition) => {
                law.jurisdictions.iter_mut().filter(|j| j.id == id).for_each(|j| j.binds = Some(condition.clone()))
            }
            Err(problem) => problems.push(problem),
        }
    }
}

fn scope<'a>(law: &'a Law, definitions: &'a Definitions, last_day_counts: bool) -> Scope<'a> {
    Scope { terms: &law.terms, definitions, caps: &law.caps, values: &law.values, last_day_counts }
}

fn page(
    law: &mut Law,
    source: &Source,
    node: &Node,
    definitions: &Definitions,
    elsewhere: &mut Elsewhere,
    problems: &mut Vec<Problem>,
) {
    let id = page_id(source);
    let place = at(source, node.line);
    for field in node.unknown(PAGE_FIELDS) {
        problems.push(
            Problem::new(at(source, field.line), format!("unknown field `{}` of a page", field.key))
                .hint(PAGE_FIELDS.join(", ")),
        );
    }
    let folder = id.split('/').next().unwrap_or("");
    let Some(jurisdiction) = law.jurisdictions.iter().position(|j| j.id == folder) else {
        problems.push(Problem::new(place, format!("folder `{folder}` has no jurisdiction.md")));
        return;
    };
    let text = |key: &str| node.field(key).map(|f| f.text.clone());
    let joined = |key: &str| node.all(key).map(|f| f.text.clone()).reduce(|all, more| format!("{all}; {more}"));
    let force = match node.field("force").map(|f| f.text.as_str()) {
        Some("decides") => Force::Decides,
        Some("calls-upon") => Force::CallsUpon,
        Some("recalls") => Force::Recalls,
        other => {
            problems.push(
                Problem::new(place.clone(), format!("force is `{}`", other.unwrap_or("missing")))
                    .hint("decides, calls-upon or recalls"),
            );
            Force::Decides
        }
    };
    let regime = text("regime").unwrap_or_default();
    if !law.regimes.contains_key(&regime) {
        problems.push(
            Problem::new(place.clone(), format!("unknown regime `{regime}`"))
                .hint("a regime has a page with a `regime` block under law/regimes"),
        );
    }
    let position = law.pages.len();
    let days = days(source, node, Days::default(), problems);
    let mut reader = Reader {
        law,
        source,
        definitions,
        last_day_counts: law.jurisdictions.get(jurisdiction).is_none_or(|j| j.last_day_counts),
        problems,
        elsewhere,
    };
    let mut rules = Vec::new();
    for child in &node.children {
        match child.keyword.as_str() {
            "prohibit" | "require" | "permit" | "oblige" => rules.extend(reader.rule(&id, position, days, child)),
            "except" | "licence" => reader.elsewhere(&id, days, child),
            _ => {}
        }
    }
    law.rules.append(&mut rules);
    law.pages.push(Page {
        id,
        heading: source.heading.clone(),
        prose: source.prose.clone(),
        links: source.links.clone(),
        jurisdiction,
        regime,
        act: text("act").unwrap_or_default(),
        paragraph: text("paragraph").unwrap_or_default(),
        adopted: date_of(source, node.field("adopted"), problems),
        force,
        verified: joined("verified"),
        unverified: joined("unverified"),
        replaces: list(&text("replaces").unwrap_or_default()),
    });
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
}

fn date_of(source: &Source, field: Option<&Field>, problems: &mut Vec<Problem>) -> Option<Date> {
    let field = field?;
    let date = day(&field.text);
    if date.is_none() {
        problems.push(
            Problem::new(at(source, field.line), format!("`{}` is no day", field.text)).hint("write it as 2018-01-05"),
        );
    }
    date
}

fn days(source: &Source, node: &Node, outer: Days, problems: &mut Vec<Problem>) -> Days {
    let (from, until) = (node.field("from"), node.field("until"));
    let own = Days { from: date_of(source, from, problems), until: date_of(source, until, problems) };
    if let (Some(first), Some(last), Some(field)) = (own.from.or(outer.from), own.until, until)
        && last < first
    {
        problems.push(Problem::new(at(source, field.line), format!("ends on {last}, before it begins on {first}")));
    }
    if let (Some(field), None) = (until, node.field("ended-by")) {
        problems.push(
            Problem::new(at(source, field.line), "an end without `ended-by:`")
                .hint("name the page or the text that ends it"),
        );
    }
    Days { from: own.from.or(outer.from), until: own.until.or(outer.until) }
}

fn attach(law: &mut Law, elsewhere: Elsewhere, problems: &mut Vec<Problem>) {
    for (target, exception) in elsewhere {
        let page = law.pages.iter().position(|p| p.id == target);
        let mut hit = false;
        for rule in law.rules.iter_mut().filter(|rule| rule.id == target || Some(rule.page) == page) {
            rule.exceptions.push(exception.clone());
            hit = true;
        }
        if !hit {
            problems.push(Problem::new(exception.place, format!("exception to `{target}`, which is no rule")));
        }
    }
}
