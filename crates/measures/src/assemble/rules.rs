//! Rules and exceptions of a page, read against the vocabulary.

use super::{Definitions, Elsewhere, at, days, list, scope};
use crate::Problem;
use crate::expr::Expr;
use crate::law::{Days, Due, Duty, Effect, Exception, Law, Relief, Rule};
use crate::page::{Field, Node, Source};
use crate::term::{Type, day};

const RULE_FIELDS: &[&str] = &["when", "from", "until", "ended-by", "needs", "duty", "beside", "note"];
const EXCEPTION_FIELDS: &[&str] = &["when", "from", "until", "ended-by", "provided", "granted", "by", "duty", "note"];

/// Reads the rules and exceptions of one page.
pub(super) struct Reader<'a> {
    pub(super) law: &'a Law,
    pub(super) source: &'a Source,
    pub(super) definitions: &'a Definitions,
    pub(super) last_day_counts: bool,
    pub(super) problems: &'a mut Vec<Problem>,
    pub(super) elsewhere: &'a mut Elsewhere,
}

impl Reader<'_> {
    fn at(&self, line: usize) -> String {
        at(self.source, line)
    }

    fn wrong(&mut self, line: usize, why: impl Into<String>) {
        let place = self.at(line);
        self.problems.push(Problem::new(place, why));
    }

    fn when(&mut self, node: &Node) -> Expr<String> {
        let scope = scope(self.law, self.definitions, self.last_day_counts);
        let mut parts = Vec::new();
        for field in node.all("when") {
            match scope.condition(&at(self.source, field.line), &field.text) {
                Ok(Expr::All(more)) => parts.extend(more),
                Ok(part) => parts.push(part),
                Err(problem) => self.problems.push(problem),
            }
        }
        Expr::All(parts)
    }

    fn bools(&mut self, field: Option<&Field>) -> Vec<String> {
        let Some(field) = field else { return Vec::new() };
        let names = list(&field.text);
        for name in &names {
            match self.law.terms.get(name) {
                Some(term) if term.of == Type::Bool => {}
                Some(_) => self.wrong(field.line, format!("`{name}` is not a yes-or-no term")),
                None => self.wrong(field.line, format!("unknown term `{name}`")),
            }
        }
        names
    }

    fn duties(&mut self, node: &Node) -> Vec<Duty> {
        let mut out = Vec::new();
        for field in node.all("duty") {
            let words: Vec<&str> = field.text.split_whitespace().collect();
            let due = words.windows(3).find_map(|three| match three {
                ["within", days, "days"] => days.parse().ok().map(Due::Days),
                _ => None,
            });
            let on = words.windows(2).find_map(|two| if two[0] == "by" { day(two[1]).map(Due::On) } else { None });
            out.push(Duty { text: field.text.clone(), due: due.or(on).unwrap_or(Due::Open) });
        }
        out
    }

    pub(super) fn rule(&mut self, page: &str, position: usize, outer: Days, node: &Node) -> Option<Rule> {
        for field in node.unknown(RULE_FIELDS) {
            self.wrong(field.line, format!("unknown field `{}` of a rule", field.key));
        }
        if node.name.is_empty() || node.name.contains(char::is_whitespace) {
            self.wrong(node.line, format!("`{}` needs a name of one word", node.keyword));
        }
        let needs = self.bools(node.field("needs"));
        let effect = match node.keyword.as_str() {
            "require" if needs.is_empty() => {
                self.wrong(node.line, "`require` says what it `needs:`");
                return None;
            }
            "require" => Effect::Require(needs),
            "permit" => Effect::Permit,
            "oblige" => Effect::Oblige,
            _ => Effect::Prohibit,
        };
        let days = days(self.source, node, outer, self.problems);
        let when = self.when(node);
        if when == Expr::All(Vec::new()) {
            self.wrong(node.line, "a rule without `when:` would cover everything");
        }
        let duties = self.duties(node);
        let exceptions = node.children.iter().filter_map(|child| self.exception(child, false)).collect();
        let beside = node.all("beside").flat_map(|f| list(&f.text)).collect();
        Some(Rule {
            id: format!("{page}#{}", node.name),
            page: position,
            place: self.at(node.line),
            effect,
            when,
            days,
            duties,
            exceptions,
            beside,
        })
    }

    fn exception(&mut self, node: &Node, top: bool) -> Option<Exception> {
        for field in node.unknown(EXCEPTION_FIELDS) {
            self.wrong(field.line, format!("unknown field `{}` of an exception", field.key));
        }
        let relief = match node.keyword.as_str() {
            "except" => Relief::Itself(self.bools(node.field("provided"))),
            "licence" => {
                let granted = self.bools(node.field("granted"));
                let by = node.field("by").map(|f| f.text.clone()).unwrap_or_default();
                match &granted[..] {
                    [one] if !by.is_empty() => Relief::Licence(one.clone(), by),
                    _ => {
                        self.wrong(
                            node.line,
                            "a licence says who grants it (`by:`) and the one term that tells it was (`granted:`)",
                        );
                        return None;
                    }
                }
            }
            other => {
                self.wrong(node.line, format!("`{other}` cannot stand inside a rule"));
                return None;
            }
        };
        let name = if top { node.name.split(" to ").next().unwrap_or("").trim().to_owned() } else { node.name.clone() };
        if name.is_empty() || name.contains(char::is_whitespace) {
            self.wrong(node.line, format!("`{}` needs a name of one word", node.keyword));
        }
        let days = days(self.source, node, Days::default(), self.problems);
        let when = self.when(node);
        let duties = self.duties(node);
        let exceptions = node.children.iter().filter_map(|child| self.exception(child, false)).collect();
        Some(Exception { name, place: self.at(node.line), relief, when, days, duties, exceptions })
    }

    pub(super) fn elsewhere(&mut self, page: &str, outer: Days, node: &Node) {
        let Some((_, targets)) = node.name.split_once(" to ") else {
            self.wrong(
                node.line,
                "an exception at the top of a page names what it is an exception to: `except name to un/1718/8d`",
            );
            return;
        };
        let Some(mut exception) = self.exception(node, true) else { return };
        exception.name = format!("{page}#{}", exception.name);
        exception.days = Days { from: exception.days.from.or(outer.from), until: exception.days.until.or(outer.until) };
        for target in list(targets) {
            self.elsewhere.push((target, exception.clone()));
        }
    }
}
