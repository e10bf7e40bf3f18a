//! The same tests on SQLite and, where a server can be had, on PostgreSQL.
//!
//! PostgreSQL is tested on a server of its own where it is installed, or on the empty database whose address
//! `INTERDICT_TEST_POSTGRES` holds. Without either the test says that it is skipped.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use interdict_model::Digest;
use interdict_state::{
    Begun, Ending, Kept, KeyStanding, NewKey, NewProposal, NewSession, Role, Stage, State, StateError, Token,
};

fn new(name: &str, roles: &[Role]) -> NewKey {
    NewKey { name: name.to_owned(), roles: roles.to_vec(), ..NewKey::default() }
}

fn all(state: &State) {
    keys(state);
    once(state);
    sessions(state);
    kept_together(state);
    proposals(state);
}

fn keys(state: &State) {
    // the setup token: once, and only while there is no key
    let setup = state.new_setup(5).unwrap().unwrap();
    assert!(state.new_setup(6).unwrap().is_none(), "it is shown once");
    assert!(!state.take_setup(Token::random().unwrap().hash()).unwrap(), "another token does not do");
    assert!(state.is_setup(setup.hash()).unwrap() && state.take_setup(setup.hash()).unwrap());
    assert!(!state.is_setup(setup.hash()).unwrap());
    assert!(!state.take_setup(setup.hash()).unwrap(), "it is used up");

    let payments = NewKey { rate: Some(100), expires_at: Some(2_000), ..new(" payments ", &[Role::Machine]) };
    let (key, token) = state.add_key(&payments, 1_000).unwrap();
    assert!(state.new_setup(1_001).unwrap().is_none(), "there is a key: no setup");
    assert_eq!((key.name.as_str(), key.rate, key.standing(1_999)), ("payments", Some(100), KeyStanding::Valid));
    assert_eq!(key.standing(2_000), KeyStanding::Expired);
    let (other, _) = state.add_key(&new("ops", &[Role::PolicyAdmin, Role::Viewer, Role::Viewer]), 1_001).unwrap();
    assert_eq!(other.roles, [Role::Viewer, Role::PolicyAdmin]);

    assert_eq!(state.key_of(token.hash()).unwrap(), Some(key.clone()));
    assert_eq!(state.key_of(Token::random().unwrap().hash()).unwrap(), None);
    state.used(&key.id, 1_500).unwrap();
    assert_eq!(state.key_of(token.hash()).unwrap().unwrap().used_at, Some(1_500));
    assert!(state.revoke(&key.id, 1_600).unwrap());
    assert!(state.revoke(&key.id, 1_700).unwrap(), "twice is once");
    assert!(!state.revoke("key-none", 1_700).unwrap());
    let key = state.key_of(token.hash()).unwrap().unwrap();
    assert_eq!((key.revoked_at, key.standing(1_650)), (Some(1_600), KeyStanding::Revoked));
    let ids: Vec<String> = state.keys().unwrap().into_iter().map(|key| key.id).collect();
    assert_eq!(ids, [key.id, other.id]);

    for bad in [
        new("", &[Role::Viewer]),
        new("a\u{1b}", &[Role::Viewer]),
        new("x", &[]),
        NewKey { rate: Some(0), ..new("x", &[Role::Viewer]) },
        NewKey { expires_at: Some(10), ..new("x", &[Role::Viewer]) },
        NewKey { holder: Some(" ".to_owned()), ..new("x", &[Role::Viewer]) },
        NewKey { holder: Some("a\nb".to_owned()), ..new("x", &[Role::Viewer]) },
    ] {
        let error = state.add_key(&bad, 10).unwrap_err();
        assert!(matches!(&error, StateError::Refused { .. }) && error.to_string().contains("hint: "), "{bad:?}");
    }
}

fn kept(owner: &str, name: &str, body: &str) -> Kept {
    Kept { owner: owner.to_owned(), name: name.to_owned(), status: 201, body: body.to_owned() }
}

/// A key and the answer that tells of it: both are there or none.
fn kept_together(state: &State) {
    let count = || state.keys().unwrap().len();
    let (request, before) = (Digest::of(b"a key"), count());
    let (key, token) = State::draw_key(&new("together", &[Role::Machine]), 1_000).unwrap();
    assert!(state.key_of(token.hash()).unwrap().is_none(), "drawn is not kept");
    let answer = kept("k", "key-1", "made");
    assert!(!state.keep_key(&key, token.hash(), Some(&answer)).unwrap(), "nobody began it");
    assert_eq!(count(), before);
    assert_eq!(state.begin_once("k", "key-1", request, 1_000).unwrap(), Begun::New);
    assert!(state.keep_key(&key, token.hash(), Some(&answer)).unwrap());
    let answered = Begun::Answered { status: 201, body: "made".to_owned() };
    assert_eq!(state.begin_once("k", "key-1", request, 1_001).unwrap(), answered);
    assert_eq!(state.key_of(token.hash()).unwrap().as_ref(), Some(&key));
    assert!(!state.keep_key(&key, token.hash(), Some(&answer)).unwrap(), "it was answered");
    // what the table of keys refuses leaves the write unanswered
    assert_eq!(state.begin_once("k", "key-2", request, 1_000).unwrap(), Begun::New);
    assert!(state.keep_key(&key, token.hash(), Some(&kept("k", "key-2", "twice"))).is_err());
    assert_eq!(state.begin_once("k", "key-2", request, 1_001).unwrap(), Begun::UnderWay);
    let (key, token) =
        State::draw_key(&NewKey { rate: Some(7), expires_at: Some(9_000), ..new("all", &[Role::Viewer]) }, 1_000)
            .unwrap();
    assert!(state.keep_key(&key, token.hash(), Some(&kept("k", "key-2", "once"))).unwrap());
    assert_eq!(state.key_of(token.hash()).unwrap(), Some(key));
    assert_eq!(count(), before + 2);
}

fn proposals(state: &State) {
    let propose = |by: &str, at: i64| {
        let new = NewProposal {
            id: State::proposal_id().unwrap(),
            act: "acceptance".to_owned(),
            place: "own".to_owned(),
            question: r#"{"version": "1"}"#.to_owned(),
            pinned: "{}".to_owned(),
            digest: Digest::of(at.to_string().as_bytes()),
            proposer: by.to_owned(),
            marks: format!("is {by}"),
            proposed_at: at,
        };
        state.propose(&new).unwrap()
    };
    let stage = |id: &str, at: i64| state.proposal(id, at).unwrap().unwrap().stage;
    let (week, other) = (7 * 86_400, Digest::of(b"other"));
    let one = propose("oidc-1", 1_000);
    assert_eq!((one.stage, one.ends_at), (Stage::Waiting, 1_000 + week));
    assert_eq!(state.proposal(&one.id, 1_000).unwrap(), Some(one.clone()), "it is read as it was kept");
    assert_eq!(state.proposal("proposal-none", 1_000).unwrap(), None);
    // another digest, an end that is past: nobody takes it
    assert!(!state.take_proposal(&one.id, other, "key-b", 1_001).unwrap());
    assert!(!state.take_proposal(&one.id, one.digest, "key-b", one.ends_at).unwrap());
    assert_eq!((stage(&one.id, one.ends_at - 1), stage(&one.id, one.ends_at)), (Stage::Waiting, Stage::Expired));
    assert!(!state.end_proposal(&one.id, Stage::Refused, Some("key-b"), "late", one.ends_at).unwrap());
    // of many who take it one does, and nobody ends it then
    let took: Vec<bool> = std::thread::scope(|scope| {
        let take = |n: usize| state.take_proposal(&one.id, one.digest, &format!("key-{n}"), 1_002).unwrap();
        let all: Vec<_> = (0..8).map(|n| scope.spawn(move || take(n))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(took.iter().filter(|took| **took).count(), 1, "{took:?}");
    assert_eq!(stage(&one.id, one.ends_at + 1), Stage::Taken, "what was cut off says so, also later");
    assert!(!state.end_proposal(&one.id, Stage::Withdrawn, Some("oidc-1"), "changed", 1_003).unwrap());
    assert!(!state.take_proposal(&one.id, one.digest, "key-c", 1_003).unwrap(), "it is not done again by itself");
    // back to waiting when nothing was begun, then done, and that is the end
    assert!(state.settle_proposal(&one.id, Stage::Waiting, None).unwrap());
    let back = state.proposal(&one.id, 1_004).unwrap().unwrap();
    assert_eq!((back.stage, back.decider, back.decided_at), (Stage::Waiting, None, None));
    assert!(state.take_proposal(&one.id, one.digest, "key-b", 1_005).unwrap());
    assert!(state.settle_proposal(&one.id, Stage::Done, None).unwrap());
    assert!(!state.settle_proposal(&one.id, Stage::Failed, None).unwrap());
    let done = state.proposal(&one.id, 1_006).unwrap().unwrap();
    assert_eq!((done.stage, done.decider.as_deref(), done.decided_at), (Stage::Done, Some("key-b"), Some(1_005)));
    // a key that was taken back or has expired proposes nothing any more
    for ending in ["revoked", "expired"] {
        let expires_at = (ending == "expired").then_some(2_000);
        let (key, _) = state.add_key(&NewKey { expires_at, ..new("proposer", &[Role::ListAdmin]) }, 1_000).unwrap();
        let two = propose(&key.id, 1_100);
        if ending == "revoked" {
            state.revoke(&key.id, 1_200).unwrap();
        }
        assert!(!state.take_proposal(&two.id, two.digest, "key-b", 2_000).unwrap(), "{ending}");
    }
    // a person that others sign out proposes nothing any more; who signs out by itself does
    let realm = Digest::of(b"provider");
    let provider = |who: Option<&str>, mark| Ending::Provider { realm, who: who.map(str::to_owned), mark };
    for (ending, lapsed) in [
        (Ending::Of("oidc-2".to_owned()), true),
        (Ending::All, true),
        (provider(Some("oidc-2"), None), true),
        (provider(Some("oidc-2"), Some(Digest::of(b"s"))), false),
        (Ending::Of("oidc-3".to_owned()), false),
        (Ending::OneOf { id: "session-1".to_owned(), who: "oidc-2".to_owned() }, false),
    ] {
        let (key, _) = state.add_key(&new("beside", &[Role::ListAdmin]), 1_000).unwrap();
        let (three, of_key) = (propose("oidc-2", 1_100), propose(&key.id, 1_100));
        state.shut_out(&ending, &[], 1_200).unwrap();
        assert_eq!(stage(&three.id, 1_300) == Stage::Lapsed, lapsed, "{ending:?}");
        assert_eq!(stage(&of_key.id, 1_300), Stage::Waiting, "{ending:?}: keys go by themselves");
    }
    assert!(state.proposals(1_300).unwrap().len() > 10);
    propose("oidc-9", 1_000 + week + 366 * 86_400);
    assert_eq!(state.proposals(1_300).unwrap().len(), 1, "those of more than a year ago are dropped");
}

fn once(state: &State) {
    let (one, two) = (Digest::of(b"one"), Digest::of(b"two"));
    assert_eq!(state.begin_once("k", "a", one, 100).unwrap(), Begun::New);
    assert_eq!(state.begin_once("k", "a", one, 100).unwrap(), Begun::UnderWay);
    assert_eq!(state.begin_once("k", "a", two, 100).unwrap(), Begun::Other);
    assert_eq!(state.begin_once("other", "a", two, 100).unwrap(), Begun::New, "keys have names of their own");
    state.keep_once("k", "a", one, 150).unwrap();
    assert_eq!(state.begin_once("k", "a", one, 165).unwrap(), Begun::UnderWay, "who is at work is not dead");
    state.finish_once(&kept("k", "a", "{}")).unwrap();
    state.finish_once(&kept("k", "a", "another")).unwrap();
    let answered = Begun::Answered { status: 201, body: "{}".to_owned() };
    assert_eq!(state.begin_once("k", "a", one, 161).unwrap(), answered);
    assert_eq!(state.begin_once("k", "a", two, 161).unwrap(), Begun::Other);
    state.forget_once("k", "a").unwrap();
    assert_eq!(state.begin_once("k", "a", one, 161).unwrap(), answered, "an answer is not forgotten");
    assert_eq!(state.begin_once("other", "a", two, 161).unwrap(), Begun::New, "a dead worker's is tried again");
    state.forget_once("other", "a").unwrap();
    assert_eq!(state.begin_once("other", "a", one, 161).unwrap(), Begun::New);
    assert_eq!(state.begin_once("k", "a", two, 150 + 24 * 3600 + 1).unwrap(), Begun::New, "a day later it is new");
}

fn sessions(state: &State) {
    let realm = Digest::of(b"provider");
    let new = |who: &str, ends_at| NewSession {
        who: who.to_owned(),
        realm,
        name: "Dana Q".to_owned(),
        roles: vec![Role::Reviewer, Role::Analyst, Role::Analyst],
        ends_at,
        mark: None,
    };
    let (one, token) = state.begin_session(&new("oidc-1", 2_000), 1_000).unwrap();
    assert_eq!(one.roles, [Role::Analyst, Role::Reviewer]);
    assert!(one.id.starts_with("session-") && one.id != token.reveal());
    assert_eq!(state.session_of(token.hash()).unwrap(), Some(one.clone()));
    assert_eq!(state.session_of(Token::random().unwrap().hash()).unwrap(), None);
    assert_eq!(state.key_of(token.hash()).unwrap(), None, "a session is no key");
    state.session_used(&one.id, 1_060).unwrap();
    assert_eq!(state.session_of(token.hash()).unwrap().unwrap().used_at, 1_060);
    let (two, second) = state.begin_session(&new("oidc-1", 5_000), 1_100).unwrap();
    let (three, third) = state.begin_session(&new("oidc-2", 5_000), 1_101).unwrap();
    let ids = |state: &State| state.sessions().unwrap().into_iter().map(|session| session.id).collect::<Vec<_>>();
    assert_eq!(ids(state), [one.id.clone(), two.id.clone(), three.id.clone()]);
    let end = |ending: Ending| {
        let ended = state.end_sessions(&ending).unwrap();
        ended.into_iter().map(|session| session.id).collect::<Vec<_>>()
    };
    let theirs = Ending::OneOf { id: two.id.clone(), who: "oidc-2".to_owned() };
    assert_eq!(end(theirs), [""; 0], "not the session of another");
    assert_eq!((end(Ending::One(two.id.clone())), end(Ending::One(two.id.clone()))), (vec![two.id.clone()], vec![]));
    assert_eq!(state.session_of(second.hash()).unwrap(), None);
    assert_eq!((end(Ending::Of("oidc-1".to_owned())).len(), end(Ending::Of("oidc-1".to_owned())).len()), (1, 0));
    assert_eq!(ids(state), [three.id]);
    // a session whose time is over goes when the next one begins
    state.begin_session(&new("oidc-3", 9_000), 5_000).unwrap();
    assert_eq!(state.session_of(third.hash()).unwrap(), None);

    assert_eq!(end(Ending::All).len(), 1);
    ends_of_the_provider(state);

    let (answer, other) = (Digest::of(b"answer"), Digest::of(b"other"));
    assert!(state.take_answer(answer, 100).unwrap() && state.take_answer(other, 100).unwrap());
    assert!(!state.take_answer(answer, 100 + 3600).unwrap(), "it is taken once");
    assert!(state.is_answer_taken(answer).unwrap() && !state.is_answer_taken(Digest::of(b"none")).unwrap());
    state.give_answer_back(answer).unwrap();
    assert!(!state.is_answer_taken(answer).unwrap() && state.take_answer(answer, 100).unwrap());
    assert_eq!(state.secret("a").unwrap(), state.secret("a").unwrap());
    assert_ne!(state.secret("a").unwrap(), state.secret("b").unwrap());
}

/// What a provider says that has ended: a person, one of its own sessions, or both.
fn ends_of_the_provider(state: &State) {
    let (realm, other) = (Digest::of(b"provider"), Digest::of(b"other"));
    let (s1, s2) = (Digest::of(b"s1"), Digest::of(b"s2"));
    let cases: [(Option<&str>, Option<Digest>, &str); 6] = [
        (Some("p"), None, "p-s1 p-s2 p-"),
        (None, Some(s1), "p-s1 q-s1"),
        // one whose own session was not named may be the one that is meant
        (Some("p"), Some(s1), "p-s1 p-"),
        (Some("q"), Some(s2), ""),
        (None, Some(Digest::of(b"s3")), ""),
        (None, None, ""),
    ];
    for (who, mark, expected) in cases {
        for (name, who, realm, mark) in [
            ("p-s1", "p", realm, Some(s1)),
            ("p-s2", "p", realm, Some(s2)),
            ("p-", "p", realm, None),
            ("q-s1", "q", realm, Some(s1)),
            ("other", "p", other, Some(s1)),
        ] {
            let (name, who) = (name.to_owned(), who.to_owned());
            let new = NewSession { who, realm, name, roles: vec![Role::Viewer], ends_at: 9_000, mark };
            state.begin_session(&new, 6_000).unwrap();
        }
        let ending = Ending::Provider { realm, who: who.map(str::to_owned), mark };
        let mut ended: Vec<String> =
            state.end_sessions(&ending).unwrap().into_iter().map(|session| session.name).collect();
        let mut expected: Vec<&str> = expected.split_whitespace().collect();
        ended.sort();
        expected.sort_unstable();
        assert_eq!(ended, expected, "{who:?} {mark:?}");
        state.end_sessions(&Ending::All).unwrap();
    }
}

#[test]
fn sqlite_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("below/state.db");
    all(&State::sqlite(&path).unwrap());
    let again = State::sqlite(&path).unwrap();
    assert_eq!(again.keys().unwrap().len(), 12, "it is still there when it is opened again");
    // no token and no trace of one is in the file: only hashes
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(4).any(|four| four == b"itd_"));
}

#[test]
fn postgres_keeps_it() {
    let Some(address) = std::env::var("INTERDICT_TEST_POSTGRES").ok().or_else(interdict_testkit::postgres::database)
    else {
        return;
    };
    all(&State::postgres(&address).unwrap());
}

#[test]
fn what_cannot_be_opened_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    std::fs::write(&file, "this is no database, however long it is written").unwrap();
    let error = State::sqlite(&file).err().unwrap().to_string();
    assert!(error.contains("state.db") && error.contains("hint: "), "{error}");
    let error = State::postgres("postgresql://nobody:secret@127.0.0.1:1/none").err().unwrap().to_string();
    assert!(error.contains("postgresql: ") && !error.contains("secret"), "{error}");
}
