//! What can go wrong with a request, each declared once: status, stable code, title.
//!
//! Promises: the form is that of RFC 9457; nothing that could not be done reads as clear; faults of
//! ours say nothing of the inside, which is in the log under the request's id.
//!
//! Not here: errors of the interfaces of others (`compat`).

use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use interdict_engine::{NotDone, SnapshotError};
use interdict_state::StateError;
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

/// The header with the number of the ledger's entry.
pub(crate) const ENTRY_HEADER: &str = "interdict-entry";

/// Seconds after which one who was turned away may come again.
const COME_AGAIN_SECONDS: u32 = 1;

/// A request that was not answered as asked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// The request cannot be understood.
    #[error("{0}")]
    BadRequest(String),
    /// No key, or one that opens nothing.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The key does not allow it.
    #[error("{0}")]
    Forbidden(String),
    /// There is nothing at that address.
    #[error("{0}")]
    NotFound(String),
    /// The address does not know the method.
    #[error("the address exists, but not with this method")]
    MethodNotAllowed,
    /// None of the kinds of answers that the caller takes.
    #[error("{0}")]
    NotAcceptable(String),
    /// The body came too slowly.
    #[error("{0}")]
    TooSlow(String),
    /// Another request stands in the way: one under way, or one with the same idempotency key.
    #[error("{0}")]
    Conflict(String),
    /// A version of a list is doubted and not used; with what became of all that was sent.
    #[error("{0}")]
    Doubted(String, Box<Value>),
    /// Files were refused; with what became of all that was sent.
    #[error("{0}")]
    Refused(String, Box<Value>),
    /// The body is too large.
    #[error("{0}")]
    TooLarge(String),
    /// The body is of a kind that is not read.
    #[error("{0}")]
    UnsupportedMedia(String),
    /// The party could not be screened: this is not "clear".
    #[error("{0}")]
    NotDone(String),
    /// More requests than the key may make.
    #[error("more requests than the key may make in a second")]
    TooManyRequests,
    /// A fault of ours.
    #[error("{0}")]
    Internal(String),
    /// The queue is full.
    #[error("more requests wait than can be answered in time; this one was not screened")]
    Overloaded,
    /// The deadline passed: this is not "clear".
    #[error("the request was not answered in time; the party is not cleared")]
    TimedOut,
    /// The service cannot answer yet, or any more.
    #[error("{0}")]
    Unavailable(String),
    /// Any of them, with the number of its entry in the ledger.
    #[error("{0}")]
    OnRecord(Box<Self>, u64),
}

impl Fault {
    fn declared(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad_request", "the request cannot be understood"),
            Self::Unauthenticated(_) => (StatusCode::UNAUTHORIZED, "unauthenticated", "no valid key was given"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden", "the key does not allow it"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "not_found", "there is no such thing"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "the method is not known here")
            }
            Self::NotAcceptable(_) => {
                (StatusCode::NOT_ACCEPTABLE, "not_acceptable", "the answer is not of a kind that is taken")
            }
            Self::TooSlow(_) => (StatusCode::REQUEST_TIMEOUT, "too_slow", "the request came too slowly"),
            Self::Conflict(_) => (StatusCode::CONFLICT, "conflict", "another request stands in the way"),
            Self::Doubted(..) => (StatusCode::CONFLICT, "doubted", "a version is doubted, and not used"),
            Self::Refused(..) => (StatusCode::UNPROCESSABLE_ENTITY, "refused", "nothing of it is loaded"),
            Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the request is too large"),
            Self::UnsupportedMedia(_) => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media", "the body is of a kind that is not read")
            }
            Self::NotDone(_) => (StatusCode::UNPROCESSABLE_ENTITY, "not_done", "it could not be done; not cleared"),
            Self::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "the key's rate is reached"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "a fault of the service; not cleared"),
            Self::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "overloaded", "too much waits; not cleared"),
            Self::TimedOut => (StatusCode::SERVICE_UNAVAILABLE, "timed_out", "out of time; not cleared"),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the service cannot answer"),
            Self::OnRecord(fault, _) => fault.declared(),
        }
    }

    /// The same, with the number of its entry in the ledger.
    pub(crate) fn on_record(self, entry: u64) -> Self {
        Self::OnRecord(Box::new(self), entry)
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.declared().0
    }

    /// Its stable code.
    pub fn code(&self) -> &'static str {
        self.declared().1
    }

    /// As it is shown.
    pub fn problem(&self) -> Problem {
        if let Self::OnRecord(fault, entry) = self {
            return Problem { recording: Some(Recording { entry: *entry }), ..fault.problem() };
        }
        let (status, code, title) = self.declared();
        let text = match self {
            // The inside stays in the log.
            Self::Internal(_) => "see the service's log under the id of the request, X-Request-Id".to_owned(),
            other => other.to_string(),
        };
        let mut lines = text.lines();
        let detail = lines.next().unwrap_or_default().to_owned();
        let hint: Vec<&str> = lines.map(|line| line.trim().trim_start_matches("hint: ")).collect();
        Problem {
            kind: format!("urn:interdict:problem:{code}"),
            title,
            status: status.as_u16(),
            code,
            detail,
            hint: (!hint.is_empty()).then(|| hint.join("; ")),
            report: match self {
                Self::Doubted(_, report) | Self::Refused(_, report) => Some((**report).clone()),
                Self::BadRequest(_)
                | Self::Unauthenticated(_)
                | Self::Forbidden(_)
                | Self::NotFound(_)
                | Self::MethodNotAllowed
                | Self::NotAcceptable(_)
                | Self::TooSlow(_)
                | Self::Conflict(_)
                | Self::TooLarge(_)
                | Self::UnsupportedMedia(_)
                | Self::NotDone(_)
                | Self::TooManyRequests
                | Self::Internal(_)
                | Self::Overloaded
                | Self::TimedOut
                | Self::Unavailable(_)
                | Self::OnRecord(..) => None,
            },
            recording: None,
        }
    }
}

/// A problem in the form of RFC 9457.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem: `urn:interdict:problem:` and its code.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: &'static str,
    /// The status once more.
    status: u16,
    /// A stable code for programs.
    code: &'static str,
    /// What is wrong with this request.
    detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// Of files that were sent: what became of each.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    report: Option<Value>,
    /// Where it stands in the ledger, if the question is on record.
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<Recording>,
}

/// A place in the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Recording {
    /// The number of the entry: `/v1/receipts/{entry}` has its receipt.
    entry: u64,
}

impl Fault {
    /// The fault itself, and the number of its entry.
    fn bare(&self) -> (&Self, Option<u64>) {
        match self {
            Self::OnRecord(fault, entry) => (fault.bare().0, Some(*entry)),
            other => (other, None),
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (bare, entry) = self.bare();
        if let Self::Internal(reason) = bare {
            tracing::error!(reason = reason.as_str(), "internal fault");
        }
        // Numbers and texts always have a JSON form.
        let body = serde_json::to_string(&self.problem()).unwrap_or_default();
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(entry) = entry {
            headers.insert(ENTRY_HEADER, HeaderValue::from(entry));
        }
        match bare {
            Self::Overloaded | Self::TimedOut | Self::Unavailable(_) | Self::TooManyRequests => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(COME_AGAIN_SECONDS));
            }
            Self::Unauthenticated(_) => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::BadRequest(_)
            | Self::Forbidden(_)
            | Self::NotFound(_)
            | Self::MethodNotAllowed
            | Self::NotAcceptable(_)
            | Self::TooSlow(_)
            | Self::Conflict(_)
            | Self::Doubted(..)
            | Self::Refused(..)
            | Self::TooLarge(_)
            | Self::UnsupportedMedia(_)
            | Self::NotDone(_)
            | Self::Internal(_)
            | Self::OnRecord(..) => {}
        }
        response
    }
}

impl From<SnapshotError> for Fault {
    fn from(error: SnapshotError) -> Self {
        match &error {
            SnapshotError::NoSuchListing { .. } => Self::NotFound(error.to_string()),
            SnapshotError::Index(NotDone::NothingToScreen | NotDone::TooLarge(_)) => Self::NotDone(error.to_string()),
            SnapshotError::Index(NotDone::BadIndex(_) | NotDone::NoListing(_))
            | SnapshotError::Mismatch { .. }
            | SnapshotError::Unreadable { .. }
            | SnapshotError::UnreadableParty { .. } => Self::Internal(error.to_string()),
        }
    }
}

impl From<StateError> for Fault {
    fn from(error: StateError) -> Self {
        match &error {
            StateError::Refused { .. } => Self::BadRequest(error.to_string()),
            StateError::Database { .. } | StateError::Damaged { .. } | StateError::NoRandom(_) => {
                tracing::error!(reason = error.to_string(), "state");
                Self::Unavailable("the service's state cannot be reached".to_owned())
            }
        }
    }
}

/// The problems that any request may meet, for the API's description.
pub struct Problems;

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let text = String::new;
        let all = [
            Fault::BadRequest(text()),
            Fault::Unauthenticated(""),
            Fault::Forbidden(text()),
            Fault::NotFound(text()),
            Fault::MethodNotAllowed,
            Fault::TooSlow(text()),
            Fault::Conflict(text()),
            Fault::TooLarge(text()),
            Fault::UnsupportedMedia(text()),
            Fault::NotDone(text()),
            Fault::TooManyRequests,
            Fault::Internal(text()),
            Fault::Overloaded,
        ];
        let response = |fault: Fault| {
            let (status, _, title) = fault.declared();
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            let response = ResponseBuilder::new().description(title).content("application/problem+json", content);
            (status.as_str().to_owned(), RefOr::T(response.build()))
        };
        all.into_iter().map(response).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_done_says_that_it_is_not_clear() {
        let error = SnapshotError::Index(NotDone::TooLarge("long".to_owned()));
        let fault = Fault::from(error);
        let problem = fault.problem();
        assert_eq!((problem.status, problem.code), (422, "not_done"));
        assert!(problem.title.contains("not cleared") && problem.hint.is_some(), "{problem:?}");
        let inside = Fault::Internal("disk 7 fell out".to_owned()).problem();
        assert!(!inside.detail.contains("disk 7"), "{inside:?}");
        let on_record = Fault::Internal("disk 7 fell out".to_owned()).on_record(17);
        assert_eq!(on_record.problem(), Problem { recording: Some(Recording { entry: 17 }), ..inside });
        let response = Fault::TimedOut.on_record(17).into_response();
        assert_eq!(
            (response.status(), &response.headers()[ENTRY_HEADER]),
            (StatusCode::SERVICE_UNAVAILABLE, &HeaderValue::from(17))
        );
        assert_eq!(response.headers()[header::RETRY_AFTER], "1", "an entry takes nothing else away");
    }
}
