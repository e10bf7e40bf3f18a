//! Lists kept over HTTP by a list administrator: files sent in, updates, the way back, what is in quarantine.
//!
//! Promises: one change of the lists at a time, the next is told to come again; a change is answered when the
//! service answers from it, or with why it does not; requests under way end on the lists they began with.
//!
//! Not here: what is doubted and how a version gets its place (`store`), who may (`access`).

pub(crate) mod import;
pub(crate) mod updates;
pub(crate) mod versions;

use std::sync::Arc;

use axum::extract::Query;
use axum::http::Uri;
use interdict_store::{Home, StoreError, standing_back};
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::App;
use crate::problem::Fault;
use crate::question::short;

/// Uploads at the same time: each may fill the disk up to the limit.
const UPLOADS: usize = 2;

/// Old versions read at the same time, each of which may be a large list in memory.
const READERS: usize = 4;

/// What keeps changes of the lists apart.
pub(crate) struct Curator {
    turn: Arc<Semaphore>,
    update: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
    readers: Arc<Semaphore>,
    updates: updates::Updates,
}

impl Default for Curator {
    fn default() -> Self {
        let of = |count| Arc::new(Semaphore::new(count));
        let (turn, update) = (of(1), of(1));
        Self { turn, update, uploads: of(UPLOADS), readers: of(READERS), updates: updates::Updates::default() }
    }
}

impl Curator {
    /// The turn to change the lists, if nobody else has it.
    fn turn(&self) -> Result<OwnedSemaphorePermit, Fault> {
        let taken = || Fault::Conflict("the lists are being changed\nhint: ask again in a moment".to_owned());
        Arc::clone(&self.turn).try_acquire_owned().map_err(|_| taken())
    }

    /// The turn to update, if no other update is under way. Lists are changed in a turn of their own, at its end.
    fn update(&self) -> Result<OwnedSemaphorePermit, Fault> {
        let hint = "ask at its address how it stands, and again when it has ended";
        let taken = || Fault::Conflict(format!("an update is under way\nhint: {hint}"));
        Arc::clone(&self.update).try_acquire_owned().map_err(|_| taken())
    }
}

impl App {
    /// Changes the lists while nobody else does, and takes the change into use. What was begun is ended, whether
    /// somebody waits for it or not.
    pub(crate) async fn curate<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Home) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let turn = self.curator.turn()?;
        let app = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let done = standing_back(|| work(&app.settings.home))?;
            app.take_into_use()?;
            Ok(done)
        });
        done.await.map_err(|error| Fault::Internal(format!("lists: {error}")))?
    }

    /// Takes the lists that are current in the home folder into use.
    fn take_into_use(&self) -> Result<(), Fault> {
        self.refresh();
        match self.lists.failed() {
            None => Ok(()),
            Some(reason) => {
                tracing::error!(reason, "a change of the lists is not in use");
                let hint = "see `reload_error` of /v1/status; the former lists answer";
                Err(Fault::Unavailable(format!("the lists were changed, and cannot be taken into use\nhint: {hint}")))
            }
        }
    }

    /// Reads what lies in the home folder, on a thread that may block.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Home) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let permit = Arc::clone(&self.curator.readers).try_acquire_owned().map_err(|_| Fault::Overloaded)?;
        let home = self.settings.home.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&home)
        });
        done.await.map_err(|error| Fault::Internal(format!("home: {error}")))?
    }
}

/// The terms in an address.
pub(crate) fn terms<T: DeserializeOwned>(uri: &Uri) -> Result<T, Fault> {
    let terms = Query::<T>::try_from_uri(uri);
    terms.map(|terms| terms.0).map_err(|error| {
        let hint = "/openapi.json describes what is read here";
        Fault::BadRequest(format!("the address: {}\nhint: {hint}", short(&error.body_text())))
    })
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::NoSuchList { .. } | StoreError::NoSuchVersion { .. } => Self::NotFound(error.to_string()),
            StoreError::BadListId(_) => Self::BadRequest(error.to_string()),
            StoreError::Io { .. }
            | StoreError::NoHome
            | StoreError::Damaged { .. }
            | StoreError::NoLedger(_)
            | StoreError::Ledger(_)
            | StoreError::LedgerStopped { .. }
            | StoreError::Refused { .. }
            | StoreError::Snapshot(_) => {
                tracing::error!(reason = error.to_string(), "store");
                Self::Unavailable("the service's files cannot be read or written".to_owned())
            }
        }
    }
}
