//! Who may do what: every route with the right it needs, every role with the rights it has.
//!
//! Promises: deny by default: a route that is not in [`ROUTES`] opens to nobody, a role has the
//! rights that are written here and no other; a key that was revoked opens nothing on this
//! instance at once and on others within [`FRESH`]; each key has a rate of its own.
//!
//! Not here: asking it at every request (`door`), keys as they are kept (`state`).

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use interdict_state::{Key, KeyStanding, Role, State, StateError, Token, TokenHash};

use crate::Fault;

/// Something that a caller may be allowed to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Right {
    /// Screen parties and have hits explained.
    Screen,
    /// Have the law decide.
    Check,
    /// Read the law.
    ReadLaw,
    /// Read listings and versions of lists.
    ReadLists,
    /// Put other versions of lists in use.
    WriteLists,
    /// See monitored parties, their events, the allow-list.
    ReadMonitor,
    /// Have parties monitored, and runs made.
    WriteMonitor,
    /// Say that a hit is none.
    Allow,
    /// Speak to the tools for agents; each tool needs its own right besides.
    UseTools,
    /// See how the service is.
    ReadStatus,
    /// See receipts of the ledger.
    ReadReceipts,
    /// See which keys there are.
    ReadKeys,
    /// Make and revoke keys.
    WriteKeys,
    /// See who is signed in.
    ReadSessions,
    /// End sessions of others.
    EndSessions,
    /// See what was proposed; each proposal needs besides that one may read what it would change.
    ReadProposals,
    /// Approve and refuse what others proposed; each proposal needs its own right besides.
    DecideProposals,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Screen,
        Self::Check,
        Self::ReadLaw,
        Self::ReadLists,
        Self::WriteLists,
        Self::ReadMonitor,
        Self::WriteMonitor,
        Self::Allow,
        Self::UseTools,
        Self::ReadStatus,
        Self::ReadReceipts,
        Self::ReadKeys,
        Self::WriteKeys,
        Self::ReadSessions,
        Self::EndSessions,
        Self::ReadProposals,
        Self::DecideProposals,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Screen => "screen parties",
            Self::Check => "check shipments",
            Self::ReadLaw => "read the law",
            Self::ReadLists => "read lists",
            Self::WriteLists => "change lists",
            Self::ReadMonitor => "see what is monitored",
            Self::WriteMonitor => "have parties monitored",
            Self::Allow => "put hits on the allow-list",
            Self::UseTools => "use tools for agents",
            Self::ReadStatus => "see the status",
            Self::ReadReceipts => "see receipts",
            Self::ReadKeys => "see keys",
            Self::WriteKeys => "make and revoke keys",
            Self::ReadSessions => "see who is signed in",
            Self::EndSessions => "end sessions of others",
            Self::ReadProposals => "see proposals",
            Self::DecideProposals => "decide about proposals",
        }
    }
}

/// Whether a role has a right.
pub fn allows(role: Role, right: Right) -> bool {
    use Right::{
        Allow, Check, DecideProposals, EndSessions, ReadKeys, ReadLaw, ReadLists, ReadMonitor, ReadProposals,
        ReadReceipts, ReadSessions, ReadStatus, Screen, UseTools, WriteKeys, WriteLists, WriteMonitor,
    };
    if right == UseTools {
        // What they open is asked for each tool.
        return true;
    }
    match role {
        Role::Viewer => matches!(right, ReadLaw | ReadLists | ReadStatus),
        Role::ListAdmin => {
            matches!(right, ReadLaw | ReadLists | WriteLists | ReadStatus | ReadProposals | DecideProposals)
        }
        Role::Analyst => {
            matches!(right, Screen | Check | ReadLaw | ReadLists | ReadMonitor | ReadReceipts | ReadStatus)
        }
        Role::Reviewer => matches!(
            right,
            Screen
                | Check
                | ReadLaw
                | ReadLists
                | ReadMonitor
                | WriteMonitor
                | Allow
                | ReadReceipts
                | ReadStatus
                | ReadProposals
                | DecideProposals
        ),
        Role::PolicyAdmin => matches!(
            right,
            ReadLaw
                | ReadLists
                | ReadStatus
                | ReadKeys
                | WriteKeys
                | ReadSessions
                | EndSessions
                | ReadProposals
                | DecideProposals
        ),
        Role::Auditor => matches!(
            right,
            ReadLaw | ReadLists | ReadMonitor | ReadReceipts | ReadStatus | ReadKeys | ReadSessions | ReadProposals
        ),
        Role::Machine => matches!(right, Screen | Check | ReadMonitor | WriteMonitor | ReadReceipts | ReadStatus),
    }
}

/// What a route asks of its caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// Nothing: it tells nothing about anybody.
    Nothing,
    /// The setup token, which the handler takes.
    Setup,
    /// To be somebody: a key, a session, or an anonymous role.
    Somebody,
    /// The session of a person.
    Session,
    /// A key, a session or an anonymous role with this right.
    Right(Right),
}

/// Every route: method, address, need. `HEAD` is answered where `GET` is.
pub const ROUTES: [(&str, &str, Need); 55] = [
    ("GET", "/healthz", Need::Nothing),
    ("GET", "/readyz", Need::Nothing),
    ("GET", "/openapi.json", Need::Nothing),
    ("GET", "/metrics", Need::Right(Right::ReadStatus)),
    ("GET", "/v1/status", Need::Right(Right::ReadStatus)),
    ("POST", "/v1/screen", Need::Right(Right::Screen)),
    ("POST", "/v1/screen/batch", Need::Right(Right::Screen)),
    ("POST", "/v1/explain", Need::Right(Right::Screen)),
    ("POST", "/v1/check", Need::Right(Right::Check)),
    ("POST", "/mcp", Need::Right(Right::UseTools)),
    ("GET", "/v1/law/pages", Need::Right(Right::ReadLaw)),
    ("GET", "/v1/law/pages/{*page}", Need::Right(Right::ReadLaw)),
    ("GET", "/v1/law/terms", Need::Right(Right::ReadLaw)),
    ("GET", "/v1/law/coverage", Need::Right(Right::ReadLaw)),
    ("GET", "/v1/law/diff", Need::Right(Right::ReadLaw)),
    ("GET", "/v1/law/caps", Need::Right(Right::ReadLaw)),
    ("GET", "/v1/lists", Need::Right(Right::ReadLists)),
    ("GET", "/v1/listings/{list}/{*reference}", Need::Right(Right::ReadLists)),
    ("GET", "/v1/policies", Need::Right(Right::ReadLists)),
    ("POST", "/v1/imports", Need::Right(Right::WriteLists)),
    ("POST", "/v1/updates", Need::Right(Right::WriteLists)),
    ("GET", "/v1/updates/{id}", Need::Right(Right::WriteLists)),
    ("GET", "/v1/lists/{list}/history", Need::Right(Right::ReadLists)),
    ("GET", "/v1/lists/{list}/diff", Need::Right(Right::ReadLists)),
    ("POST", "/v1/lists/{list}/rollback", Need::Right(Right::WriteLists)),
    ("POST", "/v1/lists/{list}/accept", Need::Right(Right::WriteLists)),
    ("GET", "/v1/quarantine", Need::Right(Right::ReadLists)),
    ("GET", "/v1/monitor", Need::Right(Right::ReadMonitor)),
    ("GET", "/v1/monitor/parties", Need::Right(Right::ReadMonitor)),
    ("POST", "/v1/monitor/parties", Need::Right(Right::WriteMonitor)),
    ("POST", "/v1/monitor/parties/removals", Need::Right(Right::WriteMonitor)),
    ("POST", "/v1/monitor/runs", Need::Right(Right::WriteMonitor)),
    ("GET", "/v1/monitor/events", Need::Right(Right::ReadMonitor)),
    ("GET", "/v1/monitor/allowances", Need::Right(Right::ReadMonitor)),
    ("POST", "/v1/monitor/allowances", Need::Right(Right::Allow)),
    ("POST", "/v1/monitor/allowances/withdrawals", Need::Right(Right::Allow)),
    ("GET", "/v1/receipts/{entry}", Need::Right(Right::ReadReceipts)),
    ("GET", "/auth/login", Need::Nothing),
    ("GET", "/auth/callback", Need::Nothing),
    ("POST", "/auth/logout", Need::Session),
    ("POST", "/auth/backchannel-logout", Need::Nothing),
    ("GET", "/v1/me", Need::Somebody),
    ("GET", "/v1/me/sessions", Need::Session),
    ("DELETE", "/v1/me/sessions/{id}", Need::Session),
    ("GET", "/v1/sessions", Need::Right(Right::ReadSessions)),
    ("DELETE", "/v1/sessions", Need::Right(Right::EndSessions)),
    ("DELETE", "/v1/sessions/{id}", Need::Right(Right::EndSessions)),
    ("GET", "/v1/proposals", Need::Right(Right::ReadProposals)),
    ("GET", "/v1/proposals/{id}", Need::Right(Right::ReadProposals)),
    ("POST", "/v1/proposals/{id}/approval", Need::Right(Right::DecideProposals)),
    ("POST", "/v1/proposals/{id}/refusal", Need::Right(Right::DecideProposals)),
    ("POST", "/v1/setup", Need::Setup),
    ("GET", "/v1/keys", Need::Right(Right::ReadKeys)),
    ("POST", "/v1/keys", Need::Right(Right::WriteKeys)),
    ("DELETE", "/v1/keys/{id}", Need::Right(Right::WriteKeys)),
];

/// What a method at an address needs; none if nobody said.
pub fn need(method: &str, path: &str) -> Option<Need> {
    let method = if method == "HEAD" { "GET" } else { method };
    ROUTES.iter().find(|(m, p, _)| *m == method && *p == path).map(|(_, _, need)| *need)
}

/// Whoever sent a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller {
    /// The id of the key, the number of the person; `anonymous` without either.
    pub id: String,
    /// What it is.
    pub roles: Vec<Role>,
}

impl Caller {
    /// Lets it pass, or says why not.
    ///
    /// # Errors
    /// When none of its roles has the right.
    pub fn must(&self, right: Right) -> Result<(), Fault> {
        if self.roles.iter().any(|role| allows(*role, right)) {
            return Ok(());
        }
        let able: Vec<&str> = Role::ALL.iter().filter(|role| allows(**role, right)).map(|role| role.word()).collect();
        let hint = format!("ask for a key with one of the roles {}", able.join(", "));
        Err(Fault::Forbidden(format!("the key may not {}\nhint: {hint}", right.word())))
    }
}

/// How long a key is believed without asking the state again.
pub const FRESH: Duration = Duration::from_secs(2);

/// How often the last use of a key is written down, in seconds.
const USE_NOTED_EVERY: i64 = 60;

/// Keys held in memory; when there are more, all are asked for again.
const MOST_HELD: usize = 10_000;

struct Held {
    key: Key,
    asked_at: Instant,
    limiter: Arc<DefaultDirectRateLimiter>,
}

/// Keys seen lately, and their rates.
pub(crate) struct Keyring {
    rate: u32,
    held: Mutex<HashMap<TokenHash, Held>>,
}

impl Keyring {
    pub(crate) fn new(rate: u32) -> Self {
        Self { rate, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<TokenHash, Held>> {
        // Each change of the map is whole.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets all keys, as after one was revoked; their rates begin anew.
    pub(crate) fn forget(&self) {
        self.held().clear();
    }

    /// The caller of a token, if it is known already.
    pub(crate) fn known(&self, hash: TokenHash, now: i64) -> Option<Result<Caller, Fault>> {
        let held = self.held();
        let found = held.get(&hash).filter(|held| held.asked_at.elapsed() < FRESH)?;
        Some(admit(&found.key, &found.limiter, now))
    }

    /// The caller of a token, asked of the state. Blocks.
    pub(crate) fn ask(&self, state: &State, token: &Token, now: i64) -> Result<Result<Caller, Fault>, StateError> {
        let hash = token.hash();
        let Some(key) = state.key_of(hash)? else {
            self.held().remove(&hash);
            return Ok(Err(Fault::Unauthenticated("the key is not known")));
        };
        if key.standing(now) == KeyStanding::Valid
            && key.used_at.is_none_or(|at| at.saturating_add(USE_NOTED_EVERY) <= now)
        {
            // Noted for people who look after keys. A full disk must not shut out whoever only reads.
            if let Err(error) = state.used(&key.id, now) {
                tracing::warn!(reason = error.to_string(), "the last use of a key is not noted");
            }
        }
        let mut held = self.held();
        if held.len() >= MOST_HELD {
            held.clear();
        }
        let kept = held.get(&hash).filter(|held| held.key.rate == key.rate).map(|held| Arc::clone(&held.limiter));
        let rate = key.rate.and_then(NonZeroU32::new).or(NonZeroU32::new(self.rate)).unwrap_or(NonZeroU32::MIN);
        let limiter = kept.unwrap_or_else(|| Arc::new(RateLimiter::direct(Quota::per_second(rate))));
        let admitted = admit(&key, &limiter, now);
        held.insert(hash, Held { key, asked_at: Instant::now(), limiter });
        Ok(admitted)
    }
}

fn admit(key: &Key, limiter: &DefaultDirectRateLimiter, now: i64) -> Result<Caller, Fault> {
    match key.standing(now) {
        KeyStanding::Valid => {}
        KeyStanding::Expired => return Err(Fault::Unauthenticated("the key has expired")),
        KeyStanding::Revoked => return Err(Fault::Unauthenticated("the key was revoked")),
    }
    if limiter.check().is_err() {
        return Err(Fault::TooManyRequests);
    }
    Ok(Caller { id: key.id.clone(), roles: key.roles.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_what_is_written_and_no_more() {
        let rights = |role| Right::ALL.into_iter().filter(|right| allows(role, *right)).count();
        assert_eq!(Role::ALL.map(rights), [4, 8, 12, 7, 10, 9, 7]);
        assert!(!allows(Role::Auditor, Right::WriteKeys) && !allows(Role::PolicyAdmin, Right::Screen));
        assert_eq!(need("POST", "/healthz"), None);
        assert_eq!(need("HEAD", "/metrics"), Some(Need::Right(Right::ReadStatus)));
        assert_eq!(need("GET", "/v1/screen"), None);
    }
}
