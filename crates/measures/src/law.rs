//! The law as loaded: pages, rules with their exceptions, caps, jurisdictions, cases.
//!
//! Promises: everything a page says is read or refused with its place; references between pages
//! are resolved; the version is the hash of all files in order of their paths.
//!
//! Not here: whether rules contradict each other and whether their cases suffice (`check`).

use std::collections::BTreeMap;

use interdict_model::Digest;
use jiff::civil::Date;

use crate::Problem;
use crate::case::Case;
use crate::eval::Index;
use crate::expr::Expr;
use crate::page::{Cap, Source};
use crate::term::Terms;
use crate::value::Value;

/// What a rule does to what it covers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// It may not be done.
    Prohibit,
    /// It may be done if all these terms hold: a licence, a notice, a proof.
    Require(Vec<String>),
    /// It may be done.
    Permit,
    /// Something else must be done: the duties.
    Oblige,
}

/// Legal force of a paragraph.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Force {
    /// It binds.
    Decides,
    /// It asks.
    CallsUpon,
    /// It reminds of law that stands elsewhere.
    Recalls,
}

impl Force {
    /// As pages write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decides => "decides",
            Self::CallsUpon => "calls-upon",
            Self::Recalls => "recalls",
        }
    }
}

/// When a duty falls due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// So many days after the event.
    Days(u32),
    /// On a day.
    On(Date),
    /// At once, or without a day.
    Open,
}

/// A duty, as the page words it, and when it falls due.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Duty {
    /// What to do, to or with whom.
    pub text: String,
    /// By when.
    pub due: Due,
}

/// How an exception takes effect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Relief {
    /// By itself, once these notices or proofs are there.
    Itself(Vec<String>),
    /// On request: only when this term says it was granted, by the authority named.
    Licence(String, String),
}

/// An exception to a rule or to another exception.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exception {
    /// Its name; for one from another page, `page#name`.
    pub name: String,
    /// Where it stands.
    pub place: String,
    /// How it takes effect.
    pub relief: Relief,
    /// When it applies.
    pub when: Expr<String>,
    /// First and last day, if it has its own.
    pub days: Days,
    /// Duties of those who use it.
    pub duties: Vec<Duty>,
    /// What takes it away again.
    pub exceptions: Vec<Exception>,
}

/// First and last day, both counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Days {
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub until: Option<Date>,
}

impl Days {
    /// Whether a day is among them.
    pub fn contain(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    /// Whether some day is in both.
    pub fn meet(&self, other: &Self) -> bool {
        let before = |a: Option<Date>, b: Option<Date>| matches!((a, b), (Some(a), Some(b)) if a < b);
        !before(self.until, other.from) && !before(other.until, self.from)
    }
}

/// One rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// `page#name`.
    pub id: String,
    /// Position of its page.
    pub page: usize,
    /// Where it stands.
    pub place: String,
    /// Its effect.
    pub effect: Effect,
    /// When it applies.
    pub when: Expr<String>,
    /// First and last day.
    pub days: Days,
    /// Duties that follow.
    pub duties: Vec<Duty>,
    /// Exceptions, those from other pages last.
    pub exceptions: Vec<Exception>,
    /// Pages or rules that overlap with it on purpose; the stricter decides.
    pub beside: Vec<String>,
}

/// One page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// Path without extension, as `un/2371/9`.
    pub id: String,
    /// Heading: the citation.
    pub heading: String,
    /// Paraphrase and notes.
    pub prose: String,
    /// Addresses linked to.
    pub links: Vec<String>,
    /// Position of its jurisdiction.
    pub jurisdiction: usize,
    /// The regime.
    pub regime: String,
    /// The act, as `S/RES/2371 (2017)`.
    pub act: String,
    /// Paragraph or article.
    pub paragraph: String,
    /// Day of adoption.
    pub adopted: Option<Date>,
    /// Legal force.
    pub force: Force,
    /// Where the text was checked.
    pub verified: Option<String>,
    /// What was not checked, and why.
    pub unverified: Option<String>,
    /// Pages this one replaces.
    pub replaces: Vec<String>,
}

impl Page {
    /// Act and paragraph, as people quote them.
    pub fn citation(&self) -> String {
        if self.paragraph.is_empty() { self.act.clone() } else { format!("{}, {}", self.act, self.paragraph) }
    }
}

/// A legal order whose pages are under its own folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Jurisdiction {
    /// Folder, as `un`.
    pub id: String,
    /// Name.
    pub name: String,
    /// Whom it binds; none: everyone.
    pub binds: Option<Expr<String>>,
    /// Whether a span of days counts its last day.
    pub last_day_counts: bool,
    /// Lists of parties that its designations stand on.
    pub lists: Vec<String>,
    /// Where it is declared.
    pub place: String,
}

/// A value keyed by date: its day, the value, the reference.
pub type Dated = Vec<(Date, Value, String)>;

/// Everything under `law/`, ready to decide.
#[derive(Debug)]
pub struct Law {
    /// Vocabulary.
    pub terms: Terms,
    /// Pages in order of their paths.
    pub pages: Vec<Page>,
    /// Rules, page by page.
    pub rules: Vec<Rule>,
    /// Caps by id.
    pub caps: BTreeMap<String, Cap>,
    /// Jurisdictions in order of their folders.
    pub jurisdictions: Vec<Jurisdiction>,
    /// Regimes: id and heading.
    pub regimes: BTreeMap<String, String>,
    /// Values keyed by date.
    pub values: BTreeMap<String, Dated>,
    /// Cases: of a page, or of the whole law.
    pub cases: Vec<Case>,
    /// Tables beside the pages, by path: coverage, events, units.
    pub tables: BTreeMap<String, String>,
    /// Hash of all files.
    pub version: Digest,
    /// Rules by what they cover.
    pub index: Index,
}

impl Law {
    /// The law built into this program. Its checks run in the tests of this crate and in `interdict law
    /// check`, not at every start.
    pub fn embedded() -> Result<Self, Vec<Problem>> {
        match Self::read(crate::embedded_files(), false) {
            (Some(law), problems) if problems.is_empty() => Ok(law),
            (_, problems) => Err(problems),
        }
    }

    /// Reads pages and tables, given as path below `law/` and text; all problems at once.
    pub fn load(files: Vec<(String, String)>) -> Result<Self, Vec<Problem>> {
        match Self::load_anyway(files) {
            (Some(law), problems) if problems.is_empty() => Ok(law),
            (_, problems) => Err(problems),
        }
    }

    /// The same for those who write pages: a law whose only problems are of the checks can still
    /// run its cases. Not for deciding.
    pub fn load_anyway(files: Vec<(String, String)>) -> (Option<Self>, Vec<Problem>) {
        Self::read(files, true)
    }

    fn read(mut files: Vec<(String, String)>, checked: bool) -> (Option<Self>, Vec<Problem>) {
        files.sort();
        let version = Digest::of_parts(files.iter().flat_map(|(path, text)| [path.as_bytes(), text.as_bytes()]));
        let mut problems = Vec::new();
        let (mut sources, mut tables, mut terms) = (Vec::new(), BTreeMap::new(), Terms::default());
        for (path, text) in files {
            if path == "terms.tsv" {
                let (read, wrong) = Terms::parse(&path, &text);
                terms = read;
                problems.extend(wrong);
            } else if path.ends_with(".md") && !path.ends_with("README.md") {
                let (source, wrong) = crate::page::read(&path, &text);
                problems.extend(wrong);
                sources.push(source);
            } else if path.ends_with(".tsv") {
                tables.insert(path, text);
            }
        }
        let mut law = Self {
            terms,
            pages: Vec::new(),
            rules: Vec::new(),
            caps: BTreeMap::new(),
            jurisdictions: Vec::new(),
            regimes: BTreeMap::new(),
            values: BTreeMap::new(),
            cases: Vec::new(),
            tables,
            version,
            index: Index::default(),
        };
        crate::assemble::assemble(&mut law, &sources, &mut problems);
        if problems.is_empty() {
            law.index = Index::of(&law, &mut problems);
        }
        if !problems.is_empty() {
            return (None, problems);
        }
        if checked {
            crate::check::all(&law, &sources, &mut problems);
        }
        (Some(law), problems)
    }

    /// A page by its id.
    pub fn page(&self, id: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.id == id)
    }

    /// Rules of a page.
    pub fn rules_of(&self, page: &str) -> impl Iterator<Item = &Rule> {
        let position = self.pages.iter().position(|p| p.id == page);
        self.rules.iter().filter(move |rule| Some(rule.page) == position)
    }

    /// The page a rule stands on.
    pub fn page_of(&self, rule: &Rule) -> Option<&Page> {
        self.pages.get(rule.page)
    }

    /// A named value on a day.
    pub fn value_on(&self, name: &str, day: Date) -> Option<&Value> {
        let dated = self.values.get(name)?;
        dated.iter().rev().find(|(from, _, _)| *from <= day).map(|(_, value, _)| value)
    }

    /// Whether `reference` names a page or a rule: `un/2371/9` or `un/2371/9#seafood`.
    pub fn knows(&self, reference: &str) -> bool {
        self.page(reference).is_some() || self.rules.iter().any(|rule| rule.id == reference)
    }
}

/// Path without extension.
pub fn page_id(source: &Source) -> String {
    source.path.strip_suffix(".md").unwrap_or(&source.path).to_owned()
}
