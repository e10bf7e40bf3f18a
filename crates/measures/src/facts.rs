//! The facts of one case: values by term, and the terms given twice in ways that disagree.
//!
//! Promises: a value its term cannot have is refused with the reason; two values that disagree
//! make the fact unknown and are reported, never chosen between.

use std::collections::BTreeMap;

use crate::term::Terms;
use crate::value::Value;

/// Values by term name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactSet {
    values: BTreeMap<String, Value>,
    conflicts: BTreeMap<String, String>,
}

impl FactSet {
    /// Reads and adds a value; a second one that disagrees makes the fact unknown.
    pub fn add(&mut self, terms: &Terms, name: &str, text: &str) -> Result<(), String> {
        let Some(term) = terms.get(name) else {
            let hint = terms.nearest(name).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(format!("unknown term `{name}`{hint}"));
        };
        let value = term.read(text).map_err(|why| format!("`{name}`: {why}"))?;
        self.put(name, value);
        Ok(())
    }

    /// Adds a value already read.
    pub fn put(&mut self, name: &str, value: Value) {
        if self.conflicts.contains_key(name) {
            return;
        }
        match self.values.get(name) {
            Some(first) if *first != value => {
                self.conflicts.insert(name.to_owned(), format!("given as `{first}` and as `{value}`"));
                self.values.remove(name);
            }
            _ => {
                self.values.insert(name.to_owned(), value);
            }
        }
    }

    /// Replaces a value, without calling it a conflict.
    pub fn replace(&mut self, name: &str, value: Value) {
        self.conflicts.remove(name);
        self.values.insert(name.to_owned(), value);
    }

    /// Forgets a value.
    pub fn forget(&mut self, name: &str) {
        self.values.remove(name);
    }

    /// A value.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// All values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Terms given in ways that disagree, and how.
    pub fn conflicts(&self) -> &BTreeMap<String, String> {
        &self.conflicts
    }
}
