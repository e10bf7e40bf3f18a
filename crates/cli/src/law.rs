//! `interdict law`: the pages, their coverage, checks, differences and the timeline.
//!
//! Not here: what the pages say (`law/`), how they are read (`measures`).

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use interdict_measures::{Law, coverage, diff, lint, term, timeline};
use jiff::civil::Date;

use crate::exit::{Exit, Failure};
use crate::style;

/// Which law.
#[derive(Args, Clone, Debug, Default)]
pub struct LawArgs {
    /// Folder of pages to use instead of those built in
    #[arg(long, value_name = "DIR", env = "INTERDICT_LAW", hide_env_values = true)]
    law_folder: Option<PathBuf>,
}

impl LawArgs {
    /// Loads it.
    pub fn law(&self) -> Result<Law, Failure> {
        let loaded = match &self.law_folder {
            None => Law::embedded(),
            Some(folder) => {
                let files = files(folder).map_err(|error| Failure::new(format!("{}: {error}", folder.display())))?;
                Law::load(files)
            }
        };
        loaded.map_err(|problems| {
            let first: Vec<String> = problems.iter().take(10).map(ToString::to_string).collect();
            Failure::hint(
                format!("the law does not load: {} problems\n{}", problems.len(), first.join("\n")),
                "`interdict law check DIR` shows all of them",
            )
        })
    }
}

/// What to show of the law.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict law pages un/2397
  interdict law show un/2397/5
  interdict law coverage
  interdict law diff 2017-08-04 2018-01-05
  interdict law timeline --svg escalation.svg
  interdict law check law")]
pub struct LawCommand {
    #[command(flatten)]
    folder: LawArgs,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// List pages: id, days in force, whether checked against the text, heading
    Pages {
        /// Those below a path, as un/2397
        #[arg(default_value = "")]
        below: String,
        /// Those in force on a day
        #[arg(long, value_name = "DAY")]
        on: Option<String>,
    },
    /// Show one page with its rules
    Show {
        /// Its id, as un/2397/5
        page: String,
    },
    /// List the facts that rules ask for
    Terms,
    /// Every paragraph of the acts, with its page or why it has none
    Coverage {
        /// One act, as 2397
        act: Option<String>,
    },
    /// Check a folder of pages and run its cases
    Check {
        /// The folder [default: the pages built in]
        folder: Option<PathBuf>,
        /// Only what lies below a path
        #[arg(long, default_value = "")]
        below: String,
    },
    /// What changed between two days
    Diff {
        /// The earlier day
        from: String,
        /// The later day
        to: String,
        /// Only pages below a path
        #[arg(long, default_value = "")]
        below: String,
    },
    /// Draw the escalation: events, acts, and how much is banned
    Timeline {
        /// First day
        #[arg(long, default_value = "2006-01-01")]
        from: String,
        /// Last day
        #[arg(long, default_value = "2018-12-31")]
        to: String,
        /// Count only pages below a path
        #[arg(long, default_value = "un/")]
        below: String,
        /// Count only one regime [default: the one with most pages]
        #[arg(long)]
        regime: Option<String>,
        /// Write a picture
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
    },
}

/// Answers.
pub fn run(command: &LawCommand) -> Result<Exit, Failure> {
    let mut out = anstream::AutoStream::auto(io::stdout()).lock();
    if let What::Check { folder, below } = &command.what {
        return check(&mut out, folder.as_deref(), below);
    }
    let law = command.folder.law()?;
    match &command.what {
        What::Pages { below, on } => pages(&mut out, &law, below, on.as_deref()),
        What::Show { page } => show(&mut out, &law, page),
        What::Terms => terms(&mut out, &law),
        What::Coverage { act } => cover(&mut out, &law, act.as_deref()),
        What::Check { folder, below } => check(&mut out, folder.as_deref(), below),
        What::Diff { from, to, below } => {
            let changes = diff::between(&law, day(from)?, day(to)?, below);
            for change in &changes {
                writeln!(out, "{}", style::clean(&change.to_string()))?;
            }
            writeln!(out, "{}", style::count(changes.len() as u64, "change", "changes"))?;
            Ok(Exit::Clear)
        }
        What::Timeline { from, to, below, regime, svg } => {
            let regime = regime.clone().unwrap_or_else(|| timeline::main_regime(&law));
            if !law.regimes.contains_key(&regime) {
                let known: Vec<&str> = law.regimes.keys().map(String::as_str).collect();
                return Err(Failure::hint(format!("no regime `{regime}`"), known.join(", ")));
            }
            let (from, to) = (day(from)?, day(to)?);
            if to <= from {
                return Err(Failure::hint(
                    format!("the timeline ends on {to}, before it begins"),
                    "exchange --from and --to",
                ));
            }
            let failed = |problem: interdict_measures::Problem| Failure::new(problem.to_string());
            match svg {
                Some(path) => write(path, &timeline::svg(&law, below, &regime, from, to).map_err(failed)?)?,
                None => write!(out, "{}", timeline::text(&law, below, &regime, from, to).map_err(failed)?)?,
            }
            Ok(Exit::Clear)
        }
    }
}

/// Writes a picture.
pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

fn day(text: &str) -> Result<Date, Failure> {
    term::day(text).ok_or_else(|| Failure::hint(format!("`{text}` is no day"), "write it as 2018-01-05"))
}

fn pages(out: &mut impl Write, law: &Law, below: &str, on: Option<&str>) -> Result<Exit, Failure> {
    let on = on.map(day).transpose()?;
    let mut rows = Vec::new();
    for page in law.pages.iter().filter(|page| page.id.starts_with(below)) {
        let rules: Vec<_> = law.rules_of(&page.id).collect();
        if on.is_some_and(|on| !rules.is_empty() && !rules.iter().any(|rule| rule.days.contain(on))) {
            continue;
        }
        let from = rules.iter().filter_map(|rule| rule.days.from).min().or(page.adopted);
        let until = rules.iter().map(|rule| rule.days.until).max_by_key(|until| until.unwrap_or(Date::MAX)).flatten();
        rows.push(vec![
            page.id.clone(),
            from.map(|d| d.to_string()).unwrap_or_default(),
            until.map_or("in force".to_owned(), |d| format!("until {d}")),
            match (&page.verified, &page.unverified) {
                (Some(_), None) => "verified",
                (Some(_), Some(_)) => "partly",
                (None, _) => "unverified",
            }
            .to_owned(),
            style::clean(&page.heading),
        ]);
    }
    for line in style::aligned(&rows, &[]) {
        writeln!(out, "{line}")?;
    }
    let cases = law
        .cases
        .iter()
        .filter(|case| case.page.and_then(|p| law.pages.get(p)).is_some_and(|p| p.id.starts_with(below)))
        .count();
    writeln!(
        out,
        "{}, {}",
        style::count(rows.len() as u64, "page", "pages"),
        style::count(cases as u64, "case", "cases")
    )?;
    Ok(Exit::Clear)
}

fn show(out: &mut impl Write, law: &Law, id: &str) -> Result<Exit, Failure> {
    let Some(page) = law.page(id) else {
        return Err(Failure::hint(format!("no page `{id}`"), "`interdict law pages` lists them"));
    };
    writeln!(out, "{}\n\n{}", style::clean(&page.heading), page.prose.trim())?;
    let adopted = page.adopted.map(|d| d.to_string()).unwrap_or_default();
    writeln!(out, "\n{}, adopted {adopted}, {}", page.citation(), page.force.as_str())?;
    for rule in law.rules_of(id) {
        let end = rule.days.until.map_or("in force".to_owned(), |d| format!("until {d}"));
        writeln!(
            out,
            "{}: {:?} from {}, {end}\n  when {}",
            rule.id,
            rule.effect,
            rule.days.from.map(|d| d.to_string()).unwrap_or_default(),
            rule.when
        )?;
        for exception in &rule.exceptions {
            writeln!(out, "  except {}: {}", exception.name, exception.when)?;
        }
    }
    for (word, text) in [("verified", &page.verified), ("unverified", &page.unverified)] {
        if let Some(text) = text {
            writeln!(out, "{word}: {}", style::clean(text))?;
        }
    }
    Ok(Exit::Clear)
}

fn terms(out: &mut impl Write, law: &Law) -> Result<Exit, Failure> {
    let rows: Vec<Vec<String>> =
        law.terms.iter().map(|term| vec![term.name.clone(), type_text(&term.of), term.question.clone()]).collect();
    for line in style::aligned(&rows, &[]) {
        writeln!(out, "{}", style::clean(&line))?;
    }
    Ok(Exit::Clear)
}

fn type_text(of: &term::Type) -> String {
    match of {
        term::Type::Bool => "yes or no".to_owned(),
        term::Type::Date => "day".to_owned(),
        term::Type::Number(unit) => unit.clone(),
        term::Type::Word(words) => format!("one of {}", style::fit(&words.join(" "), 60)),
        term::Type::Words(words) => format!("some of {}", style::fit(&words.join(" "), 60)),
        term::Type::Country => "country".to_owned(),
        term::Type::Countries => "countries".to_owned(),
        term::Type::Hs => "goods code".to_owned(),
        term::Type::Edition => "edition of goods codes".to_owned(),
    }
}

fn cover(out: &mut impl Write, law: &Law, act: Option<&str>) -> Result<Exit, Failure> {
    let (rows, problems) = coverage::table(law);
    let chosen = rows.iter().filter(|row| act.is_none_or(|act| row.act == act));
    let cells: Vec<Vec<String>> = chosen
        .map(|row| {
            vec![
                row.act.clone(),
                row.paragraph.clone(),
                if row.pages.is_empty() { "-".to_owned() } else { row.pages.join(" ") },
                row.remark.clone(),
            ]
        })
        .collect();
    for line in style::aligned(&cells, &[]) {
        writeln!(out, "{}", style::clean(&line))?;
    }
    let paged = rows.iter().filter(|row| !row.pages.is_empty()).count();
    writeln!(out, "{} rows, {paged} with a page, {} with the reason why none", rows.len(), rows.len() - paged)?;
    for problem in &problems {
        writeln!(out, "gap: {problem}")?;
    }
    Ok(if problems.is_empty() { Exit::Clear } else { Exit::Hit })
}

fn check(out: &mut impl Write, folder: Option<&Path>, below: &str) -> Result<Exit, Failure> {
    let report = match folder {
        Some(folder) => {
            let files = files(folder).map_err(|error| Failure::new(format!("{}: {error}", folder.display())))?;
            lint::lint(files, below)
        }
        None => lint::lint(interdict_measures::embedded_files(), below),
    };
    for line in report.to_string().lines() {
        writeln!(out, "{}", style::clean(line))?;
    }
    Ok(if report.is_clean() { Exit::Clear } else { Exit::Hit })
}

/// Reads every page and table below a folder: path below it, and text.
fn files(folder: &Path) -> std::io::Result<Vec<(String, String)>> {
    let mut out = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ext| ext == "md" || ext == "tsv") {
                let below = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                out.push((below, std::fs::read_to_string(&path)?));
            }
        }
    }
    Ok(out)
}
