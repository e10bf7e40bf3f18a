//! Sign-ins and sign-outs in the home's ledger, where there is one.
//!
//! Promises: an entry names nobody: it has a salted number of its own, and what ties that to the person is kept apart
//! and can be erased; a sign-in that could not be recorded does not count.
//!
//! Not here: the ledger (`register`, `store`).

use std::collections::BTreeSet;
use std::sync::Arc;

use interdict_ledger::entry::Act;
use interdict_ledger::{Event, Subject};
use interdict_state::Session;

use crate::app::App;
use crate::problem::Fault;

/// The way in the entries.
const METHOD: &str = "oidc";

impl App {
    /// Puts a sign-in on record; `who` is empty where nobody became known.
    pub(super) async fn recorded_sign_in(self: &Arc<Self>, who: String, accepted: bool) -> Result<(), Fault> {
        self.recorded(who, move |by| Event::SignIn { by, method: METHOD.to_owned(), accepted }).await
    }

    /// Puts a sign-out on record.
    pub(super) async fn recorded_sign_out(self: &Arc<Self>, who: String) -> Result<(), Fault> {
        self.recorded(who, |by| Event::SignOut { by, method: METHOD.to_owned() }).await
    }

    /// Puts on record that sessions were ended by somebody else than their person.
    pub(super) async fn recorded_ends(self: &Arc<Self>, by: &str, ended: &[Session]) -> Result<(), Fault> {
        for session in ended {
            self.act(Act::SessionEnded, by, session.id.clone(), "").await?;
        }
        let people: BTreeSet<&str> = ended.iter().map(|session| session.who.as_str()).collect();
        for who in people {
            self.recorded_sign_out(who.to_owned()).await?;
        }
        Ok(())
    }

    async fn recorded(
        self: &Arc<Self>,
        who: String,
        event: impl FnOnce(Subject) -> Event + Send + 'static,
    ) -> Result<(), Fault> {
        if self.register.is_none() {
            return Ok(());
        }
        let app = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            let Some(register) = &app.register else { return Ok(()) };
            register.put(&[register.by_person(&who, event)?]).map(drop)
        });
        let failed = |reason: String| {
            tracing::error!(reason, "ledger");
            Fault::Unavailable("it could not be recorded, so it does not count".to_owned())
        };
        done.await.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))
    }
}
