//! A PostgreSQL server that is restarted, killed, held, full of connections, or reached over TLS: each question has an
//! answer within its time, what was confirmed is there, and the state is reached again by itself.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use interdict_state::{NewKey, Role, State};
use interdict_testkit::postgres::Cluster;

fn new(name: &str) -> NewKey {
    NewKey { name: name.to_owned(), roles: vec![Role::Viewer], ..NewKey::default() }
}

fn names(state: &State) -> Vec<String> {
    state.keys().unwrap().into_iter().map(|key| key.name).collect()
}

/// The reason of a refusal, and how long it took.
fn refused(state: &State) -> (String, Duration) {
    let begun = Instant::now();
    let error = state.add_key(&new("lost"), 1).err().unwrap().to_string();
    assert!(error.starts_with("postgresql: ") && error.contains("\nhint: "), "{error}");
    (error, begun.elapsed())
}

fn comes_back(state: &State) {
    let begun = Instant::now();
    while state.ping().is_err() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it does not come back");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_server_that_goes_away_is_waited_for_and_found_again() {
    let Some(mut cluster) = Cluster::start(&["max_connections=8", "superuser_reserved_connections=1"]) else { return };
    let address = cluster.database();
    // Several instances that make the tables at the same time.
    let states: Vec<State> = std::thread::scope(|threads| {
        let all: Vec<_> = (0..4).map(|_| threads.spawn(|| State::postgres(&address).unwrap())).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let state = &states[0];
    state.add_key(&new("first"), 1).unwrap();
    assert_eq!(names(&states[3]), ["first"]);

    // Restarted: nobody notices, neither who reads nor who writes.
    for n in 0..3 {
        cluster.stop();
        cluster.run();
        if n == 1 {
            assert_eq!(names(state).len(), 1 + n);
        }
        comes_back(state);
        state.add_key(&new("after a restart"), 2).unwrap();
    }
    // Gone: said at once. Killed: what was confirmed is there.
    state.add_key(&new("before the kill"), 3).unwrap();
    cluster.kill();
    let (error, took) = refused(state);
    assert!(took < Duration::from_secs(4), "{took:?}: {error}");
    cluster.run();
    comes_back(state);
    assert_eq!(names(state).len(), 5);

    // Held: an answer within its time, and no question hangs on the held connection afterwards.
    let held = cluster.hold();
    let (error, took) = refused(state);
    assert!(error.contains("no answer within 5 s") && took < Duration::from_secs(6), "{took:?}: {error}");
    let (error, took) = refused(state);
    assert!(error.contains("no connection within 3 s") && took < Duration::from_secs(4), "{took:?}: {error}");
    let (_, took) = refused(state);
    assert!(took < Duration::from_millis(400), "there is a rest between attempts: {took:?}");
    drop(held);
    comes_back(state);
    state.add_key(&new("afterwards"), 4).unwrap();
    assert!(names(state).contains(&"afterwards".to_owned()));

    // Full of connections: who has one keeps it; who wants one is refused, and has it when there is room.
    drop(states.into_iter().skip(1).collect::<Vec<_>>());
    let state = State::postgres(&address).unwrap();
    let mut others = Vec::new();
    let error = loop {
        match State::postgres(&address) {
            Ok(other) => others.push(other),
            Err(error) => break error.to_string(),
        }
        assert!(others.len() < 20, "connections without end");
    };
    assert!(["clients", "connection"].iter().any(|word| error.contains(word)), "{error}");
    state.add_key(&new("still connected"), 5).unwrap();
    drop(others);
    let begun = Instant::now();
    while let Err(error) = State::postgres(&address) {
        assert!(begun.elapsed() < Duration::from_secs(10), "{error}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_is_confirmed_is_on_disk_also_where_the_server_is_lax() {
    let Some(mut cluster) = Cluster::start(&["synchronous_commit=off", "wal_writer_delay=10s"]) else { return };
    let state = State::postgres(&cluster.database()).unwrap();
    for n in 0..20 {
        state.add_key(&new(&format!("key {n}")), n).unwrap();
    }
    cluster.kill();
    cluster.run();
    comes_back(&state);
    assert_eq!(names(&state).len(), 20);
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fetch/tests/fixtures/tls").join(name)
}

#[test]
fn tls_verifies_what_the_address_asks_for() {
    let Some(mut cluster) = Cluster::start(&[]) else { return };
    let plain = cluster.database();
    // A server without TLS: who asks for it is not served without.
    let error = State::postgres(&format!("{plain}?sslmode=require")).err().unwrap().to_string();
    assert!(error.contains("TLS") && error.contains("sslmode"), "{error}");
    assert!(State::postgres(&format!("{plain}?sslmode=prefer")).is_ok());

    let authority = fixture("authority.pem").display().to_string();
    let another = cluster.file("another.pem", &std::fs::read(fixture("elsewhere.pem")).unwrap());
    let key = cluster.file("key.pem", &std::fs::read(fixture("server.key.pem")).unwrap());
    let mut serve = |certificate: &str| {
        let cert = cluster.file("cert.pem", &std::fs::read(fixture(certificate)).unwrap());
        cluster.stop();
        cluster.set(&["ssl=on", &format!("ssl_cert_file={cert}"), &format!("ssl_key_file={key}")]);
        // From here on nobody is let in without TLS.
        std::fs::write(cluster.data().join("pg_hba.conf"), "local all all trust\nhostssl all all all trust\n").unwrap();
        cluster.run();
    };
    let with = |query: &str| State::postgres(&format!("{plain}?{query}"));
    let fails = |query: &str, word: &str| {
        let error = with(query).err().unwrap_or_else(|| panic!("{query} is let in")).to_string();
        assert!(error.contains(word) && error.contains("hint: "), "{query}: {error}");
    };
    serve("loopback.pem");
    for query in [
        "sslmode=prefer".to_owned(),
        "sslmode=require".to_owned(),
        format!("sslmode=require&sslrootcert={authority}"),
        format!("sslmode=verify-ca&sslrootcert={authority}"),
        format!("sslmode=verify-full&sslrootcert={authority}"),
    ] {
        let state = with(&query).unwrap_or_else(|error| panic!("{query}: {error}"));
        state.add_key(&new(&query), 1).unwrap();
        let used = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
            WHERE application_name = 'interdict' AND ssl";
        assert_ne!(asked(&plain, used), "0", "{query}");
    }
    fails("sslmode=disable", "pg_hba.conf");
    fails(&format!("sslmode=verify-full&sslrootcert={another}"), "certificate");
    fails(&format!("sslmode=verify-ca&sslrootcert={another}"), "certificate");
    fails("sslmode=verify-full&sslrootcert=system", "certificate");

    // Another host: only who compares the host notices.
    serve("elsewhere.pem");
    fails(&format!("sslmode=verify-full&sslrootcert={authority}"), "certificate");
    assert!(with(&format!("sslmode=verify-ca&sslrootcert={authority}")).is_ok());
    serve("expired.pem");
    fails(&format!("sslmode=verify-full&sslrootcert={authority}"), "xpired");
    fails(&format!("sslmode=verify-ca&sslrootcert={authority}"), "xpired");
    assert!(with("sslmode=require").is_ok(), "encrypted, and nothing more");
}

/// Asks over TLS itself, so that the server is asked while the connection is open.
fn asked(address: &str, sql: &str) -> String {
    let done =
        std::process::Command::new("psql").args(["-XAtq", "-c", sql, &format!("{address}?sslmode=require")]).output();
    String::from_utf8_lossy(&done.unwrap().stdout).trim().to_owned()
}

#[test]
fn a_password_is_read_from_a_file() {
    let Some(mut cluster) = Cluster::start(&[]) else { return };
    let address = cluster.database();
    State::postgres(&address).unwrap().add_key(&new("first"), 1).unwrap();
    cluster.sql("postgres", "CREATE ROLE service LOGIN SUPERUSER PASSWORD 'hunter2:x'");
    let rules =
        cluster.file("rules", b"local all all trust\nhost all interdict all trust\nhost all all all scram-sha-256\n");
    cluster.set(&[&format!("hba_file={rules}")]);
    cluster.stop();
    cluster.run();
    let address = address.replace("interdict@", "service@");
    assert!(State::postgres(&address).is_err(), "no password");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pass");
    let with = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let rights = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o600);
        std::fs::set_permissions(&file, rights).unwrap();
        State::postgres(&format!("{address}?passfile={}", file.display())).map(|state| names(&state))
    };
    assert!(with("*:*:*:service:wrong\n").is_err() && with("*:*:*:other:hunter2\n").is_err());
    assert_eq!(with("# ours\n127.0.0.1:*:*:service:hunter2\\:x\n").unwrap(), ["first"]);
}
