//! Checks a law and runs its cases: what a person who writes pages calls after every change.
//!
//! Promises: every problem and every failing case with its place, in the order of the files.
//!
//! Not here: the checks (`check`), the cases (`case`), reading a folder (`cli`).

use std::fmt;

use crate::{Law, Problem, case};

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Problems of loading and checking.
    pub problems: Vec<Problem>,
    /// Cases that failed: place, what was expected, why it should be so.
    pub failures: Vec<Problem>,
    /// Pages, rules, caps, cases.
    pub counts: [usize; 4],
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty() && self.failures.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in self.problems.iter().chain(&self.failures) {
            writeln!(f, "{problem}")?;
        }
        let [pages, rules, caps, cases] = self.counts;
        let (problems, failures) = (self.problems.len(), self.failures.len());
        if pages == 0 && problems > 0 {
            return write!(f, "{problems} problems; the cases were not run");
        }
        write!(f, "{pages} pages, {rules} rules, {caps} caps, {cases} cases: {problems} problems, {failures} failures")
    }
}

/// Checks files, given as path below `law/` and text; `only` keeps what lies below a path such as `us/`.
pub fn lint(files: Vec<(String, String)>, only: &str) -> Report {
    let (law, problems) = Law::load_anyway(files);
    let mut report =
        Report { problems: problems.into_iter().filter(|p| p.place.starts_with(only)).collect(), ..Report::default() };
    if let Some(law) = law {
        report.failures = failures(&law, only);
        report.counts = [law.pages.len(), law.rules.len(), law.caps.len(), law.cases.len()];
    }
    report
}

/// Runs the cases of a law.
pub fn failures(law: &Law, only: &str) -> Vec<Problem> {
    let mine = law.cases.iter().filter(|case| case.place.starts_with(only));
    mine.filter_map(|one| {
        case::run(law, one).err().map(|why| Problem::new(one.place.clone(), format!("{why}\n  why {}", one.why)))
    })
    .collect()
}
