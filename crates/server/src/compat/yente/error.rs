//! Errors as yente has them: a `detail`, and the status its clients tell apart.
//!
//! Promises: what is on record names its entry in a header, as the bodies are yente's.
//!
//! Not here: putting it there (`hall`).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use interdict_engine::{NotDone, SnapshotError};
use serde_json::{Value, json};

use crate::compat::hall::{ENTRY_HEADER, Late};
use crate::compat::scope::NoLists;

/// Why a request is not answered.
#[derive(Debug)]
pub(super) enum Refused {
    /// The request cannot be understood: 400.
    Bad(String),
    /// There is no such thing: 404.
    Missing(String),
    /// A parameter does not fit: 422, with its place.
    Parameter(&'static str, String, String),
    /// The caller may not: 403.
    Forbidden(&'static str),
    /// It is found under another id: 308.
    Elsewhere(String),
    /// The party is too large to compare in bounded time: it could not be done.
    TooLarge(String),
    /// The lists cannot be used: 503.
    NotReady(String),
    /// Too much waits: 503, to come again. It is not "no match".
    Full(String),
    /// It took too long: 503, to come again. It is not "no match".
    TimedOut(String),
    /// Something of ours broke: 500.
    Broken(String),
    /// Any of them, with the number of its entry in the ledger.
    OnRecord(Box<Self>, u64),
}

impl From<NoLists> for Refused {
    fn from(none: NoLists) -> Self {
        match none {
            // In yente's words.
            NoLists::Unknown(_) => Self::Missing("No such dataset.".to_owned()),
            NoLists::Missing { collection, list } => Self::NotReady(format!(
                "the collection `{collection}` holds `{list}`, which is not loaded; nobody is cleared"
            )),
        }
    }
}

impl From<Late> for Refused {
    fn from(late: Late) -> Self {
        match &late {
            Late::Full => Self::Full(late.words()),
            Late::TimedOut => Self::TimedOut(late.words()),
            // What cannot be recorded is not shown; the log has why.
            Late::Broken(_) => Self::Broken(late.words()),
        }
    }
}

impl Refused {
    /// The same, with the number of its entry in the ledger if it has one.
    pub(super) fn on_record(self, entry: Option<u64>) -> Self {
        match entry {
            Some(entry) => Self::OnRecord(Box::new(self), entry),
            None => self,
        }
    }

    /// Why a party was not screened, if that is what it says.
    pub(super) fn not_done(&self) -> Option<&str> {
        match self {
            Self::Bad(reason) | Self::TooLarge(reason) => Some(reason),
            Self::OnRecord(refused, _) => refused.not_done(),
            Self::Missing(_)
            | Self::Parameter(..)
            | Self::Forbidden(_)
            | Self::Elsewhere(_)
            | Self::NotReady(_)
            | Self::Full(_)
            | Self::TimedOut(_)
            | Self::Broken(_) => None,
        }
    }

    /// A query parameter that does not fit.
    pub(super) fn query(name: &str, why: impl Into<String>) -> Self {
        Self::Parameter("query", name.to_owned(), why.into())
    }
}

impl From<SnapshotError> for Refused {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::Index(NotDone::NothingToScreen) => {
                Self::Bad(format!("Cannot parse example entity: {error}"))
            }
            SnapshotError::Index(NotDone::TooLarge(_)) => Self::TooLarge(error.to_string()),
            SnapshotError::Mismatch { .. }
            | SnapshotError::Unreadable { .. }
            | SnapshotError::NoSuchListing { .. }
            | SnapshotError::UnreadableParty { .. }
            | SnapshotError::Index(NotDone::BadIndex(_) | NotDone::NoListing(_)) => Self::Broken(error.to_string()),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let answer = |status: StatusCode, body: Value| (status, Json(body)).into_response();
        match self {
            Self::OnRecord(refused, entry) => {
                let mut response = refused.into_response();
                response.headers_mut().insert(ENTRY_HEADER, HeaderValue::from(entry));
                response
            }
            Self::Bad(detail) => answer(StatusCode::BAD_REQUEST, json!({ "detail": detail })),
            Self::Missing(detail) => answer(StatusCode::NOT_FOUND, json!({ "detail": detail })),
            Self::Parameter(place, name, why) => {
                let detail = json!([{ "type": "value_error", "loc": [place, name], "msg": why }]);
                answer(StatusCode::UNPROCESSABLE_ENTITY, json!({ "detail": detail }))
            }
            Self::Forbidden(detail) => answer(StatusCode::FORBIDDEN, json!({ "detail": detail })),
            Self::Elsewhere(path) => {
                let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
                if let Ok(path) = HeaderValue::from_str(&path) {
                    response.headers_mut().insert(header::LOCATION, path);
                }
                response
            }
            Self::TooLarge(detail) => answer(StatusCode::PAYLOAD_TOO_LARGE, json!({ "detail": detail })),
            Self::NotReady(detail) => answer(StatusCode::SERVICE_UNAVAILABLE, json!({ "detail": detail })),
            Self::Full(detail) | Self::TimedOut(detail) => {
                let mut response = answer(StatusCode::SERVICE_UNAVAILABLE, json!({ "detail": detail }));
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
                response
            }
            Self::Broken(detail) => {
                answer(StatusCode::INTERNAL_SERVER_ERROR, json!({ "status": "error", "detail": detail }))
            }
        }
    }
}
