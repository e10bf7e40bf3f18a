//! What can be proposed: each with the right it takes, how it is read, tried and done.
//!
//! Promises: there is one way to do each of them, whether one person suffices or two are needed; what was meant when it was
//! proposed is what is done, or nothing.
//!
//! Not here: the doing (`curate`, `monitor`, `keys`), when two persons are needed (`settings`).

use std::sync::Arc;

use serde_json::{Value, json};

use super::By;
use crate::access::{Caller, Right, allows};
use crate::app::App;
use crate::curate::versions::{self, AcceptQuestion, RollbackQuestion};
use crate::keys::{self, KeyQuestion};
use crate::monitor::allowances::{self, AllowQuestion};
use crate::once::Written;
use crate::problem::Fault;
use crate::question;

/// What can need two persons.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum What {
    /// A doubted version of a list is used after all.
    Acceptance,
    /// Another version of a list is put in use.
    Rollback,
    /// A hit is put on the allow-list.
    Allowance,
    /// A key is made.
    Key,
}

impl What {
    pub(crate) const ALL: [Self; 4] = [Self::Acceptance, Self::Rollback, Self::Allowance, Self::Key];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Acceptance => "acceptance",
            Self::Rollback => "rollback",
            Self::Allowance => "allowance",
            Self::Key => "key",
        }
    }

    /// The word of the setting.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::Acceptance => "acceptances",
            Self::Rollback => "rollbacks",
            Self::Allowance => "allowances",
            Self::Key => "keys",
        }
    }

    pub(super) fn parse(word: &str) -> Result<Self, Fault> {
        let found = Self::ALL.into_iter().find(|what| what.word() == word);
        found.ok_or_else(|| Fault::Internal(format!("proposals: `{word}` is nothing that can be proposed")))
    }

    /// What whoever proposes or decides must be allowed to.
    pub(super) fn right(self) -> Right {
        match self {
            Self::Acceptance | Self::Rollback => Right::WriteLists,
            Self::Allowance => Right::Allow,
            Self::Key => Right::WriteKeys,
        }
    }

    /// Whether a caller may see such proposals: whoever may read what they would change.
    pub(super) fn is_shown_to(self, caller: &Caller) -> bool {
        let right = match self {
            Self::Acceptance | Self::Rollback => Right::ReadLists,
            Self::Allowance => Right::ReadMonitor,
            Self::Key => Right::ReadKeys,
        };
        caller.roles.iter().any(|role| allows(*role, right))
    }

    /// The route that is asked, with its place.
    pub(super) fn route(self, place: &str) -> String {
        match self {
            Self::Acceptance => format!("POST /v1/lists/{place}/accept"),
            Self::Rollback => format!("POST /v1/lists/{place}/rollback"),
            Self::Allowance => "POST /v1/monitor/allowances".to_owned(),
            Self::Key => "POST /v1/keys".to_owned(),
        }
    }
}

/// A question that was read and can be done.
pub(super) enum Question {
    Acceptance(String, AcceptQuestion),
    Rollback(String, RollbackQuestion),
    Allowance(AllowQuestion),
    Key(KeyQuestion),
}

impl Question {
    /// Reads what was sent.
    pub(super) fn read(what: What, place: &str, body: &[u8]) -> Result<Self, Fault> {
        Ok(match what {
            What::Acceptance => Self::Acceptance(place.to_owned(), AcceptQuestion::read(body)?),
            What::Rollback => Self::Rollback(place.to_owned(), question::json(body)?),
            What::Allowance => Self::Allowance(AllowQuestion::read(body)?),
            What::Key => Self::Key(KeyQuestion::read(body)?),
        })
    }

    pub(super) fn what(&self) -> What {
        match self {
            Self::Acceptance(..) => What::Acceptance,
            Self::Rollback(..) => What::Rollback,
            Self::Allowance(_) => What::Allowance,
            Self::Key(_) => What::Key,
        }
    }

    /// On what, if the address says it.
    pub(super) fn place(&self) -> &str {
        match self {
            Self::Acceptance(list, _) | Self::Rollback(list, _) => list,
            Self::Allowance(_) | Self::Key(_) => "",
        }
    }

    /// Whether it could be done now, and what exactly it means now; nothing is done.
    pub(super) async fn tried(&self, app: &Arc<App>, by: &str) -> Result<Value, Fault> {
        match self {
            Self::Acceptance(list, asked) => versions::may_accept(app, list, asked).await,
            Self::Rollback(list, asked) => versions::may_roll_back(app, list, asked).await,
            Self::Allowance(asked) => allowances::may_allow(app, asked, by).await,
            Self::Key(_) => Ok(json!({})),
        }
    }

    /// Does it, on what it was pinned to if two persons had to say so.
    pub(super) async fn done(&self, app: &Arc<App>, by: &By, pinned: &Value) -> Result<Written, Fault> {
        let content = pinned.get("content").and_then(Value::as_str);
        match self {
            Self::Acceptance(list, asked) => versions::do_accept(app, list, asked, content, by).await,
            Self::Rollback(list, asked) => versions::do_roll_back(app, list, asked, content, by).await,
            Self::Allowance(asked) => allowances::do_allow(app, asked, pinned, by).await,
            Self::Key(asked) => keys::do_make(app, asked, by).await,
        }
    }
}
