//! A state of each former layout is opened by this version, with all that was in it (R20).
//!
//! What an older version wrote stands here as it wrote it. On SQLite, and on PostgreSQL where a server can be had.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use interdict_state::{NewKey, Role, State, Token};
use rusqlite::Connection;

/// The tables and a key as the version of layout 1 made them.
const LAYOUT_1: &str = "
    CREATE TABLE IF NOT EXISTS keys (
        id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL, roles TEXT NOT NULL, rate BIGINT,
        created_at BIGINT NOT NULL, expires_at BIGINT, revoked_at BIGINT, used_at BIGINT);
    CREATE TABLE IF NOT EXISTS setup (hash TEXT PRIMARY KEY, created_at BIGINT NOT NULL);
    CREATE TABLE IF NOT EXISTS once (
        owner TEXT NOT NULL, name TEXT NOT NULL, request TEXT NOT NULL, begun_at BIGINT NOT NULL,
        status BIGINT, body TEXT, PRIMARY KEY (owner, name));
    CREATE TABLE IF NOT EXISTS sessions (
        hash TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, who TEXT NOT NULL, realm TEXT NOT NULL, name TEXT NOT NULL,
        roles TEXT NOT NULL, created_at BIGINT NOT NULL, ends_at BIGINT NOT NULL, used_at BIGINT NOT NULL);
    CREATE TABLE IF NOT EXISTS session_marks (id TEXT PRIMARY KEY, mark TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS answers (answer TEXT PRIMARY KEY, taken_at BIGINT NOT NULL);
    CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS layout (version BIGINT PRIMARY KEY);
    INSERT INTO layout (version) VALUES (1) ON CONFLICT DO NOTHING;
    INSERT INTO secrets (name, value) VALUES ('sign-in', '3b1c000000000000000000000000000000000000000000000000000000000000');
    INSERT INTO sessions (hash, id, who, realm, name, roles, created_at, ends_at, used_at) VALUES ('h', 'session-1', 'oidc-1',
        '3b1c000000000000000000000000000000000000000000000000000000000000', 'Dana', 'analyst', 1000, 9000, 1000);
";

/// A key as that version wrote it.
fn key_of_layout_1(id: &str, token: &Token) -> String {
    format!(
        "INSERT INTO keys (id, hash, name, roles, rate, created_at, expires_at) \
         VALUES ('{id}', '{}', 'payments', 'machine,analyst', 100, 1000, NULL)",
        token.hash().0
    )
}

/// What is asked of a state that was of layout 1; `old` does what an instance of that version does to it.
fn check(open: &(dyn Fn() -> State + Sync), old: &dyn Fn(&str)) {
    let (before, meanwhile) = (Token::random().unwrap(), Token::random().unwrap());
    old(LAYOUT_1);
    old(&key_of_layout_1("key-before", &before));
    // Several instances come to it at the same time.
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
        all.into_iter().for_each(|one| drop(one.join().unwrap()));
    });
    let state = open();
    let key = state.key_of(before.hash()).unwrap().unwrap();
    assert_eq!((key.id.as_str(), key.rate, key.holder.as_deref()), ("key-before", Some(100), None));
    assert!(key.made_by.is_empty());
    assert_eq!(key.roles, [Role::Machine, Role::Analyst], "as they were written");
    assert_eq!(state.sessions().unwrap()[0].name, "Dana");
    assert_eq!(state.secret("sign-in").unwrap()[..2], [0x3b, 0x1c], "sessions stay valid");
    let new = NewKey {
        name: "new".to_owned(),
        roles: vec![Role::Viewer],
        holder: Some("Dana".to_owned()),
        ..NewKey::default()
    };
    let (made, _) =
        state.add_key(&NewKey { made_by: vec!["key-before".to_owned(), "oidc-1".to_owned()], ..new }, 2_000).unwrap();
    assert_eq!(state.key(&made.id).unwrap(), Some(made));
    // An instance of the old version that still runs goes on; its keys name nobody.
    old(&key_of_layout_1("key-meanwhile", &meanwhile));
    let key = state.key_of(meanwhile.hash()).unwrap().unwrap();
    assert!(key.holder.is_none() && key.made_by.is_empty());
    state.ping().unwrap();
    // A layout that is newer is refused, also while it runs.
    old("INSERT INTO layout (version) VALUES (3)");
    let error = state.ping().unwrap_err().to_string();
    assert!(error.contains("version 3") && error.contains("hint: "), "{error}");
}

#[test]
fn layout_1_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let old = |sql: &str| Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    check(&|| State::sqlite(&path).unwrap(), &old);
    let error = State::sqlite(&path).err().unwrap().to_string();
    assert!(error.contains("version 3 is not the 2"), "{error}");
}

#[test]
fn layout_1_on_postgres() {
    let Some(address) = interdict_testkit::postgres::database() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let old = |sql: &str| {
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&address, tokio_postgres::NoTls).await.unwrap();
            let mover = tokio::spawn(async move { drop(connection.await) });
            client.batch_execute(sql).await.unwrap();
            mover.abort();
        });
    };
    check(&|| State::postgres(&address).unwrap(), &old);
    let error = State::postgres(&address).err().unwrap().to_string();
    assert!(error.contains("version 3 is not the 2"), "{error}");
}
