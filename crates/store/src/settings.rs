//! What the user sets in the home folder: when a version is doubted, and the names it must find.
//!
//! Promises: a file that cannot be read as meant is an error with its line, never a default.
//!
//! Not here: what the settings do (`interdict_engine::guard`).

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use interdict_engine::Guard;
use interdict_engine::canary::{Canary, CanaryOf};
use interdict_model::{Kind, ListId};

use crate::{Home, StoreError};

fn text_of(path: &Path) -> Result<Option<String>, StoreError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io(path)(error)),
    }
}

impl Home {
    /// The guard's settings: `guard.toml` in the home folder, or those that are built in.
    pub(crate) fn guard(&self) -> Result<Guard, StoreError> {
        let path = self.root().join("guard.toml");
        let Some(text) = text_of(&path)? else { return Ok(Guard::default()) };
        toml::from_str(&text).map_err(|error| StoreError::Damaged {
            path,
            reason: error.to_string().trim().to_owned(),
            hint: "settings are whole numbers, as in shrunk_percent = 15; see docs/updates.md".to_owned(),
        })
    }

    /// The user's names that a list must find: `canaries.tsv` in the home folder.
    pub(crate) fn canaries(&self, list: &ListId) -> Result<Vec<Canary>, StoreError> {
        let path = self.root().join("canaries.tsv");
        let mut canaries = Vec::new();
        for (at, line) in text_of(&path)?.unwrap_or_default().lines().enumerate() {
            let line = line.trim_end();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut fields = line.split('\t').map(str::trim);
            let (of, name, kind) = (fields.next(), fields.next(), fields.next());
            let bad = |what: &str| StoreError::Damaged {
                path: path.clone(),
                reason: format!("line {}: {what}", at.saturating_add(1)),
                hint: "write list, name and, if you like, kind, with tabs between: un-sc\\tYun Ho Chin\\tperson"
                    .to_owned(),
            };
            let name = name.filter(|name| !name.is_empty()).ok_or_else(|| bad("no name after a tab"))?;
            let kind = kind.map_or(Ok(Kind::Unknown), |kind| {
                Kind::parse(kind).ok_or_else(|| bad(&format!("`{kind}` is no kind of party")))
            })?;
            if of == Some(list.0.as_str()) {
                canaries.push(Canary { name: name.to_owned(), kind, of: CanaryOf::User });
            }
        }
        Ok(canaries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_or_refused_with_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let list = ListId("un-sc".to_owned());
        assert_eq!(home.guard().unwrap(), Guard::default());
        assert_eq!(home.canaries(&list).unwrap(), []);
        fs::write(folder.path().join("guard.toml"), "shrunk_percent = 3\n").unwrap();
        assert_eq!(home.guard().unwrap(), Guard { shrunk_percent: 3, ..Guard::default() });
        for bad in ["shrunk_percent = -1", "shrink = 3", "shrunk_percent = \"3\""] {
            fs::write(folder.path().join("guard.toml"), bad).unwrap();
            let error = home.guard().unwrap_err().to_string();
            assert!(error.contains("guard.toml") && error.contains("hint: "), "{error}");
        }
        let canaries = folder.path().join("canaries.tsv");
        fs::write(&canaries, "# mine\nun-sc\tOrsolya Vanderploeg\tperson\nown\tBo Quill\n\n").unwrap();
        let read = home.canaries(&list).unwrap();
        assert_eq!((read.len(), read[0].name.as_str(), read[0].kind), (1, "Orsolya Vanderploeg", Kind::Person));
        for (bad, part) in [("un-sc Orsolya\n", "line 1: no name"), ("\nun-sc\tOrsolya\tdragon", "line 2: `dragon`")] {
            fs::write(&canaries, bad).unwrap();
            let error = home.canaries(&list).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
