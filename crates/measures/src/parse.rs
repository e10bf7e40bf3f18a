//! Reads the text of a condition into an [`Expr`], against the vocabulary.
//!
//! Promises: an unknown term, a value its term cannot have, a definition that uses itself and
//! anything left over at the end are errors that say where and what; nesting is bounded.

use std::collections::BTreeMap;

use crate::Problem;
use crate::expr::{Compare, Day, Expr, Goods, Operand, Prefix, Room, RoomUnit};
use crate::hs::{EDITIONS, HsCode};
use crate::page::Cap;
use crate::term::{Term, Terms, Type, day};
use crate::value::{Amount, Value};

/// Deepest nesting of parentheses and definitions; the law needs five.
const DEPTH: usize = 40;

/// What a condition may refer to.
pub struct Scope<'a> {
    /// The vocabulary.
    pub terms: &'a Terms,
    /// Named conditions: place and text.
    pub definitions: &'a BTreeMap<String, (String, String)>,
    /// Caps by id.
    pub caps: &'a BTreeMap<String, Cap>,
    /// Names of values keyed by date.
    pub values: &'a BTreeMap<String, Vec<(jiff::civil::Date, Value, String)>>,
    /// Whether the jurisdiction counts the last day of a span.
    pub last_day_counts: bool,
}

#[derive(Clone, PartialEq, Debug)]
enum Token {
    Word(String),
    Named(String),
    Op(Compare),
    Open,
    Close,
    Comma,
    Goods(String),
}

impl Scope<'_> {
    /// Reads a condition that stands at `place`.
    pub fn condition(&self, place: &str, text: &str) -> Result<Expr<String>, Problem> {
        self.nested(place, text, 0)
    }

    fn nested(&self, place: &str, text: &str, depth: usize) -> Result<Expr<String>, Problem> {
        let tokens = tokens(text).map_err(|why| Problem::new(place.to_owned(), why))?;
        let mut reader = Reader { scope: self, place, tokens, at: 0, depth };
        let whole = reader.any()?;
        match reader.tokens.get(reader.at) {
            None => Ok(whole),
            Some(left) => Err(reader.wrong(format!("unexpected {} in `{text}`", show(left)))),
        }
    }
}

fn show(token: &Token) -> String {
    match token {
        Token::Word(word) => format!("`{word}`"),
        Token::Named(name) => format!("`${name}`"),
        Token::Op(_) => "comparison".to_owned(),
        Token::Open => "`(`".to_owned(),
        Token::Close => "`)`".to_owned(),
        Token::Comma => "`,`".to_owned(),
        Token::Goods(_) => "`goods(…)`".to_owned(),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let two = rest.get(..2).unwrap_or("");
        let (token, used) = match (first, two) {
            (_, "!=") => (Token::Op(Compare::Ne), 2),
            (_, "<=") => (Token::Op(Compare::Le), 2),
            (_, ">=") => (Token::Op(Compare::Ge), 2),
            ('=', _) => (Token::Op(Compare::Eq), 1),
            ('<', _) => (Token::Op(Compare::Lt), 1),
            ('>', _) => (Token::Op(Compare::Gt), 1),
            ('(', _) => (Token::Open, 1),
            (')', _) => (Token::Close, 1),
            (',', _) => (Token::Comma, 1),
            _ => {
                let length = rest.find(|c: char| !(c.is_alphanumeric() || "_-./$".contains(c))).unwrap_or(rest.len());
                let word = rest.get(..length).unwrap_or("");
                if word.is_empty() {
                    return Err(format!("unexpected character `{first}` in `{text}`"));
                }
                match (word, rest.get(length..).unwrap_or("").strip_prefix('(')) {
                    ("goods", Some(inner)) => {
                        let end = inner.find(')').ok_or_else(|| format!("`goods(` without `)` in `{text}`"))?;
                        (Token::Goods(inner.get(..end).unwrap_or("").to_owned()), length + end + 2)
                    }
                    _ => match word.strip_prefix('$') {
                        Some(name) => (Token::Named(name.to_owned()), length),
                        None => (Token::Word(word.to_owned()), length),
                    },
                }
            }
        };
        out.push(token);
        rest = rest.get(used..).unwrap_or("").trim_start();
    }
    Ok(out)
}

struct Reader<'a> {
    scope: &'a Scope<'a>,
    place: &'a str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn wrong(&self, why: impl Into<String>) -> Problem {
        Problem::new(self.place.to_owned(), why)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Word(w)) if w == word)
    }

    fn take(&mut self, word: &str) -> bool {
        let there = self.is_word(word);
        self.at += usize::from(there);
        there
    }

    fn word(&mut self, what: &str) -> Result<String, Problem> {
        match self.next() {
            Some(Token::Word(word)) => Ok(word),
            Some(other) => Err(self.wrong(format!("expected {what}, got {}", show(&other)))),
            None => Err(self.wrong(format!("the condition ends where {what} should stand"))),
        }
    }

    fn any(&mut self) -> Result<Expr<String>, Problem> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self
                .wrong(format!("conditions nested deeper than {DEPTH}"))
                .hint("does a definition use itself?"));
        }
        let mut parts = vec![self.all()?];
        while self.take("or") {
            parts.push(self.all()?);
        }
        self.depth -= 1;
        Ok(single(parts, Expr::Any))
    }

    fn all(&mut self) -> Result<Expr<String>, Problem> {
        let mut parts = vec![self.one()?];
        while self.take("and") {
            parts.push(self.one()?);
        }
        Ok(single(parts, Expr::All))
    }

    fn one(&mut self) -> Result<Expr<String>, Problem> {
        if self.take("not") {
            return Ok(Expr::Not(Box::new(self.one()?)));
        }
        match self.tokens.get(self.at).cloned() {
            Some(Token::Open) => {
                self.at += 1;
                let inner = self.any()?;
                match self.next() {
                    Some(Token::Close) => Ok(inner),
                    _ => Err(self.wrong("`(` without `)`")),
                }
            }
            Some(Token::Goods(inner)) => {
                self.at += 1;
                self.goods(&inner)
            }
            _ => self.atom(),
        }
    }

    fn atom(&mut self) -> Result<Expr<String>, Problem> {
        if self.is_word("within") && !matches!(self.tokens.get(self.at + 1), Some(Token::Op(_))) {
            return self.within();
        }
        if self.is_word("room") && matches!(self.tokens.get(self.at + 1), Some(Token::Word(w)) if w == "in") {
            self.at += 2;
            let cap = self.word("a cap")?;
            return self.room(&cap);
        }
        let name = self.word("a term")?;
        if let Some((place, text)) = self.scope.definitions.get(&name) {
            return self.scope.nested(place, text, self.depth);
        }
        let term = self.term(&name)?.clone();
        if self.take("in") {
            return self.among(&term);
        }
        if self.take("has") {
            let word = self.word("a value")?;
            return Ok(Expr::Among(name, vec![self.value_word(&term, &word)?]));
        }
        match self.tokens.get(self.at).cloned() {
            Some(Token::Op(how)) => {
                self.at += 1;
                self.comparison(&term, how)
            }
            _ if term.of == Type::Bool => Ok(Expr::Is(name)),
            _ => Err(self
                .wrong(format!("`{name}` is not a yes-or-no term"))
                .hint("compare it: `= value`, `in a, b`, `has a`")),
        }
    }

    fn term(&self, name: &str) -> Result<&Term, Problem> {
        self.scope.terms.get(name).ok_or_else(|| {
            let problem = self.wrong(format!("unknown term `{name}`"));
            match self.scope.terms.nearest(name) {
                Some(near) => problem.hint(format!("did you mean `{near}`? terms are declared in terms.tsv")),
                None => problem.hint("terms are declared in terms.tsv"),
            }
        })
    }

    fn within(&mut self) -> Result<Expr<String>, Problem> {
        self.at += 1;
        let days = self.word("a number of days")?;
        let days: u32 = days.parse().map_err(|_| self.wrong(format!("`{days}` is not a number of days")))?;
        if !(self.take("days") && self.take("of")) {
            return Err(self.wrong("a span is written `within 30 days of 2017-08-05`"));
        }
        let of = self.word("a day or a term")?;
        // The parsed span always counts its last day; a jurisdiction that does not has one day less.
        let days = if self.scope.last_day_counts { days } else { days.saturating_sub(1) };
        let now = self.term("date")?.name.clone();
        let of = match day(&of) {
            Some(day) => Day::Fixed(day),
            None if self.term(&of)?.of == Type::Date => Day::Term(of),
            None => return Err(self.wrong(format!("`{of}` is neither a day nor a term that is one"))),
        };
        Ok(Expr::Within(days, of, now))
    }

    fn room(&self, id: &str) -> Result<Expr<String>, Problem> {
        let cap = self.scope.caps.get(id).ok_or_else(|| self.wrong(format!("unknown cap `{id}`")))?;
        let units = cap.limits.iter().map(|limit| RoomUnit {
            limit: limit.amount,
            stop: cap.stop.and_then(|percent| limit.amount.percent(percent)),
            used: cap.used_term(&limit.unit),
            this: limit.term.clone(),
        });
        Ok(Expr::Room(Room { cap: id.to_owned(), lower: cap.lower, units: units.collect() }))
    }

    fn value_word(&self, term: &Term, text: &str) -> Result<String, Problem> {
        match term.read(text).map_err(|why| self.wrong(format!("`{}`: {why}", term.name)))? {
            Value::Word(word) => Ok(word),
            Value::Words(words) if words.len() == 1 => Ok(words.concat()),
            other => Err(self.wrong(format!("`{}` has values like `{other}`: use `=`, `<` or `>`", term.name))),
        }
    }

    fn among(&mut self, term: &Term) -> Result<Expr<String>, Problem> {
        let mut words = Vec::new();
        loop {
            let word = self.word("a value")?;
            words.push(self.value_word(term, &word)?);
            if self.tokens.get(self.at) != Some(&Token::Comma) {
                return Ok(Expr::Among(term.name.clone(), words));
            }
            self.at += 1;
        }
    }

    fn comparison(&mut self, term: &Term, how: Compare) -> Result<Expr<String>, Problem> {
        let ordered = matches!(term.of, Type::Date | Type::Number(_));
        if !ordered && !matches!(how, Compare::Eq | Compare::Ne) {
            return Err(self.wrong(format!("`{}` has no order: only `=` and `!=`", term.name)));
        }
        if matches!(term.of, Type::Words(_) | Type::Countries) {
            return Err(self.wrong(format!("`{}` can have several values: use `has` or `in`", term.name)));
        }
        let with = match self.next() {
            Some(Token::Named(name)) if self.scope.values.contains_key(&name) => Operand::Named(name),
            Some(Token::Named(name)) => return Err(self.wrong(format!("unknown value `${name}`"))),
            Some(Token::Word(word)) => {
                match self.scope.terms.get(&word).filter(|other| other.of == term.of && term.read(&word).is_err()) {
                    Some(_) => Operand::Term(word),
                    None => {
                        Operand::Fixed(term.read(&word).map_err(|why| self.wrong(format!("`{}`: {why}", term.name)))?)
                    }
                }
            }
            _ => return Err(self.wrong(format!("`{}` is compared with nothing", term.name))),
        };
        if let Type::Number(unit) = &term.of {
            self.take(unit);
        }
        Ok(Expr::Compare(term.name.clone(), how, with))
    }

    fn goods(&self, text: &str) -> Result<Expr<String>, Problem> {
        let mut goods = Goods {
            edition: String::new(),
            inside: Vec::new(),
            outside: Vec::new(),
            kinds: Vec::new(),
            terms: ["hs", "hs_edition", "goods_kind"].map(str::to_owned),
        };
        for name in &goods.terms {
            self.term(name)?;
        }
        let kind = self.term("goods_kind")?;
        for part in text.split(';') {
            let (head, list) = part
                .split_once(':')
                .ok_or_else(|| self.wrong(format!("`{part}` in goods(): expected `HS2017: codes` or `kind: words`")))?;
            let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
            match head.trim().to_ascii_lowercase().as_str() {
                "kind" => {
                    for item in items {
                        goods.kinds.push(self.value_word(kind, item)?);
                    }
                }
                edition if EDITIONS.contains(&edition) => {
                    edition.clone_into(&mut goods.edition);
                    for item in items {
                        let code = |text: &str| HsCode::parse(text).map_err(|why| self.wrong(why));
                        match (item.strip_prefix("ex "), item.strip_prefix("not ")) {
                            (Some(rest), _) => goods.inside.push(Prefix { code: code(rest)?, part: true }),
                            (_, Some(rest)) => goods.outside.push(code(rest)?),
                            _ => goods.inside.push(Prefix { code: code(item)?, part: false }),
                        }
                    }
                }
                other => {
                    return Err(self.wrong(format!("unknown edition `{other}` in goods()")).hint(EDITIONS.join(", ")));
                }
            }
        }
        if goods.inside.iter().any(|prefix| prefix.part) && goods.kinds.is_empty() {
            return Err(self.wrong("an `ex` code needs a `kind:` that says which part of it is meant"));
        }
        if goods.inside.is_empty() && goods.kinds.is_empty() {
            return Err(self.wrong("goods() names no goods"));
        }
        Ok(Expr::Goods(goods))
    }
}

fn single(mut parts: Vec<Expr<String>>, many: fn(Vec<Expr<String>>) -> Expr<String>) -> Expr<String> {
    if parts.len() == 1 { parts.remove(0) } else { many(parts) }
}

/// Reads the value of a `value` line: a number or a day.
pub fn dated_value(text: &str) -> Option<Value> {
    let first = text.split([' ', ',']).next().unwrap_or("");
    day(first).map(Value::Date).or_else(|| Amount::parse(first).map(Value::Number))
}
