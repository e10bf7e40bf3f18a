//! Who somebody is to the service.
//!
//! Not here: what each may do (`server/src/access.rs`).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A role. A key may have several; without any it may do nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks at lists, law and the service's status.
    Viewer,
    /// Screens, explains, checks.
    Analyst,
    /// What an analyst does, and reviews what others concluded.
    Reviewer,
    /// Keeps the lists.
    ListAdmin,
    /// Keeps policies and keys.
    PolicyAdmin,
    /// Looks at everything that is on record, changes nothing.
    Auditor,
    /// A program: screens and checks, nothing else.
    Machine,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Viewer, Self::Analyst, Self::Reviewer, Self::ListAdmin, Self::PolicyAdmin, Self::Auditor, Self::Machine];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Analyst => "analyst",
            Self::Reviewer => "reviewer",
            Self::ListAdmin => "list_admin",
            Self::PolicyAdmin => "policy_admin",
            Self::Auditor => "auditor",
            Self::Machine => "machine",
        }
    }

    /// Reads the word; hyphens do as well.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase().replace('-', "_");
        Self::ALL.into_iter().find(|role| role.word() == text)
    }

    /// All words, for hints.
    pub fn words() -> String {
        Self::ALL.map(Self::word).join(", ")
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
