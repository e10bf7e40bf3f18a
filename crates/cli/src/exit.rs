//! How the command ends: clear, hit, or not done.

use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use interdict_engine::{NotDone, SnapshotError};
use interdict_store::StoreError;

use crate::{file, style};

/// The target of notes and errors in a log.
pub const LOG_TARGET: &str = "notes";

/// Whether standard error is a log of JSON lines, so that what is said there is a line of it.
static IS_LOG: AtomicBool = AtomicBool::new(false);

/// From now on notes and errors are lines of the log.
pub fn say_in_the_log() {
    IS_LOG.store(true, Ordering::Relaxed);
}

/// Writes it as a line of the log, if there is one.
fn logged(text: &str, is_error: bool) -> bool {
    if !IS_LOG.load(Ordering::Relaxed) {
        return false;
    }
    let (text, hint) = text.split_once("\nhint: ").unwrap_or((text, ""));
    let hint = (!hint.is_empty()).then_some(hint);
    if is_error {
        tracing::error!(target: LOG_TARGET, hint, "{text}");
    } else {
        tracing::info!(target: LOG_TARGET, hint, "{text}");
    }
    true
}

/// The outcome as a shell sees it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exit {
    /// Done, and nothing found.
    Clear,
    /// Done, and something found.
    Hit,
    /// Something was left out or could not be done, whatever else was found.
    NotDone,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Clear => Self::from(0),
            Exit::Hit => Self::from(1),
            Exit::NotDone => Self::from(2),
        }
    }
}

/// Why a command stops. Lines of its text that start with `hint:` say what to do.
#[derive(Debug)]
pub struct Failure {
    text: String,
    /// The reader of our output is gone; there is nobody to tell.
    silent: bool,
    /// It is no fault of whoever asked: a disk, a damaged file.
    ours: bool,
}

impl Failure {
    /// With a text: place first, lower case, the user's value in backticks.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), silent: false, ours: false }
    }

    /// With a remedy.
    pub fn hint(text: impl fmt::Display, hint: impl fmt::Display) -> Self {
        Self::new(format!("{text}\nhint: {hint}"))
    }

    /// What went wrong, hints included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a disk or a damaged file is at fault, and not what was asked.
    pub fn is_ours(&self) -> bool {
        self.ours
    }

    /// Prints it and gives the exit code.
    pub fn report(self) -> ExitCode {
        if !self.silent {
            print_error(&self.text);
        }
        Exit::NotDone.into()
    }
}

/// Prints an error with its hints to stderr.
pub fn print_error(text: &str) {
    if logged(text, true) {
        return;
    }
    let mut stderr = anstream::stderr().lock();
    for (i, line) in text.lines().enumerate() {
        let line = style::clean(line);
        let written = match line.strip_prefix("hint: ") {
            Some(hint) => writeln!(stderr, "{}hint:{} {hint}", style::HINT, style::HINT.render_reset()),
            None if i == 0 => writeln!(stderr, "{}error:{} {line}", style::ERROR, style::ERROR.render_reset()),
            None => writeln!(stderr, "       {line}"),
        };
        if written.is_err() {
            return;
        }
    }
}

/// Prints something that a person should know to stderr.
pub fn print_note(text: &str) {
    if logged(text, false) {
        return;
    }
    let mut stderr = anstream::stderr().lock();
    for (i, line) in text.lines().enumerate() {
        let line = style::clean(line);
        let written = match line.strip_prefix("hint: ") {
            Some(hint) => writeln!(stderr, "{}hint:{} {hint}", style::HINT, style::HINT.render_reset()),
            None if i == 0 => writeln!(stderr, "{}note:{} {line}", style::NOTE, style::NOTE.render_reset()),
            None => writeln!(stderr, "      {line}"),
        };
        if written.is_err() {
            return;
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self { silent: error.kind() == io::ErrorKind::BrokenPipe, ours: true, text: format!("output: {error}") }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        let silent = error.io_error_kind() == Some(io::ErrorKind::BrokenPipe);
        Self { silent, ours: true, text: format!("output: {error}") }
    }
}

impl From<csv::Error> for Failure {
    fn from(error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => error.into(),
            other => Self::new(format!("output: {other:?}")),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let ours = match &error {
            StoreError::NoSuchList { .. }
            | StoreError::NoSuchVersion { .. }
            | StoreError::Refused { .. }
            | StoreError::BadListId(_) => false,
            StoreError::Io { .. }
            | StoreError::NoHome
            | StoreError::Damaged { .. }
            | StoreError::NoLedger(_)
            | StoreError::Ledger(_)
            | StoreError::LedgerStopped { .. }
            | StoreError::Snapshot(_) => true,
        };
        match &error {
            StoreError::Io { source, .. } => Self { ours, ..Self::hint(&error, file::remedy(source.kind())) },
            other => Self { ours, ..Self::new(other.to_string()) },
        }
    }
}

impl From<SnapshotError> for Failure {
    fn from(error: SnapshotError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<NotDone> for Failure {
    fn from(error: NotDone) -> Self {
        Self::new(error.to_string())
    }
}
