//! HTTPS on a real connection: who is believed, which versions are spoken, what plain HTTP gets, renewal.
//!
//! The certificates are those of the tests of `fetch`: made for tests, by an authority whose own key is gone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use interdict_server::{App, Settings, Tls};
use interdict_state::Role;
use interdict_store::Home;
use service::Service;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fetch/tests/fixtures/tls").join(name)
}

/// A service whose certificate lies in its folder, where it can be renewed.
fn service(certificate: &str) -> Service {
    let certificate = fixture(certificate);
    Service::with(|settings| {
        settings.anonymous = vec![Role::Machine];
        let (cert, key) = (settings.home.root().join("cert.pem"), settings.home.root().join("key.pem"));
        std::fs::copy(certificate, &cert).unwrap();
        std::fs::copy(fixture("server.key.pem"), &key).unwrap();
        settings.tls = Some(Tls { cert, key });
    })
}

/// A client that believes the authority of the tests and nobody else.
fn client() -> ureq::Agent {
    let authority = std::fs::read(fixture("authority.pem")).unwrap();
    let roots = RootCerts::new_with_certs(&[Certificate::from_pem(&authority).unwrap()]);
    let tls = TlsConfig::builder().root_certs(roots).build();
    let config = ureq::Agent::config_builder().tls_config(tls).timeout_global(Some(Duration::from_secs(30)));
    config.http_status_as_error(false).build().into()
}

fn post(client: &ureq::Agent, service: &Service) -> Result<(u16, String, String), ureq::Error> {
    let url = format!("https://{}/v1/screen", service.address);
    let body = r#"{"party": {"name": "Orsolya Vanderploeg"}}"#;
    let mut answer = client.post(&url).content_type("application/json").send(body)?;
    let hsts = answer.headers().get("strict-transport-security").map(|value| value.to_str().unwrap().to_owned());
    Ok((answer.status().as_u16(), hsts.unwrap_or_default(), answer.body_mut().read_to_string()?))
}

#[test]
fn a_client_that_believes_the_authority_is_answered_and_no_other_is() {
    let ours = service("loopback.pem");
    let (status, hsts, body) = post(&client(), &ours).unwrap();
    assert_eq!((status, hsts.as_str()), (200, "max-age=31536000"), "{body}");
    assert!(body.contains(r#""outcome":"hit""#), "{body}");
    // over plain HTTP nothing is said of HTTPS
    assert_eq!(Service::open().get("/healthz").header("strict-transport-security"), None);

    let common: ureq::Agent = ureq::Agent::config_builder().build().into();
    let unknown = post(&common, &ours).unwrap_err().to_string();
    assert!(unknown.contains("UnknownIssuer"), "an authority that nobody vouches for: {unknown}");
    let elsewhere = service("elsewhere.pem");
    let wrong = post(&client(), &elsewhere).unwrap_err().to_string();
    assert!(wrong.contains("not valid for name") || wrong.contains("NotValidForName"), "another host: {wrong}");
    let expired = service("expired.pem");
    let old = post(&client(), &expired).unwrap_err().to_string();
    assert!(old.to_ascii_lowercase().contains("expired"), "{old}");
}

#[test]
fn plain_http_is_told_so_and_gets_nothing_else() {
    let mut service = service("loopback.pem");
    let answer = service.post("/v1/screen", r#"{"party": {"name": "Orsolya Vanderploeg"}}"#);
    assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"), "{}", answer.text());
    assert_eq!(answer.json()["hint"], "begin the address with https://");
    assert!(!answer.text().contains("Orsolya"));
    // one who says nothing, or nonsense, ends no one else
    let _silent = TcpStream::connect(service.address).unwrap();
    TcpStream::connect(service.address).unwrap().write_all(&[22, 3, 1, 0, 0, 0, 0, 9, 9]).unwrap();
    assert_eq!(post(&client(), &service).unwrap().0, 200);
    service.end();
}

/// The first bytes of the answer to a greeting that offers nothing above a version.
fn greet(service: &Service, version: u8) -> Vec<u8> {
    let mut body = vec![3, version];
    body.extend([7; 32]);
    // no session; ECDHE with RSA or ECDSA and AES-CBC or AES-GCM; no compression
    body.extend([0, 0, 8, 0xc0, 0x13, 0xc0, 0x09, 0xc0, 0x2f, 0xc0, 0x2b, 1, 0]);
    // curve x25519 and P-256, uncompressed points, signatures with SHA-256, and no refusal of the extended master secret
    let extensions =
        [0, 10, 0, 6, 0, 4, 0, 0x1d, 0, 0x17, 0, 11, 0, 2, 1, 0, 0, 13, 0, 8, 0, 6, 4, 1, 4, 3, 8, 4, 0, 23, 0, 0];
    body.extend([0, extensions.len() as u8]);
    body.extend(extensions);
    let mut hello = vec![22, 3, 1, 0, body.len() as u8 + 4, 1, 0, 0, body.len() as u8];
    hello.extend(body);
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(&hello).unwrap();
    let mut answer = vec![0; 7];
    stream.read_exact(&mut answer).unwrap();
    answer
}

#[test]
fn old_versions_are_not_spoken() {
    let service = service("loopback.pem");
    for version in [1, 2] {
        // an alert, fatal, protocol_version
        let answer = greet(&service, version);
        assert_eq!((answer[0], &answer[5..]), (21, &[2, 70][..]), "TLS 1.{}: {answer:?}", version - 1);
    }
    let answer = greet(&service, 3);
    assert_eq!(answer[0], 22, "TLS 1.2 is answered with a handshake: {answer:?}");
}

#[test]
fn openssl_and_curl_agree() {
    let service = service("loopback.pem");
    let authority = fixture("authority.pem");
    let authority = authority.to_str().unwrap();
    let address = service.address.to_string();
    let run = |program: &str, args: &[&str]| Command::new(program).args(args).stdin(Stdio::null()).output().ok();
    let openssl = |version: &str| {
        let args =
            ["s_client", "-connect", &address, "-CAfile", authority, "-verify_return_error", "-verify_ip", "127.0.0.1"];
        run("openssl", &[&args[..], &[version]].concat())
    };
    match (openssl("-tls1_2"), openssl("-tls1_3"), openssl("-tls1_1")) {
        (Some(old), Some(new), Some(older)) => {
            for done in [&old, &new] {
                let text = String::from_utf8_lossy(&done.stdout);
                assert!(done.status.success() && text.contains("Verify return code: 0 (ok)"), "{text}");
            }
            assert!(!older.status.success(), "{older:?}");
        }
        _ => eprintln!("skipped: no openssl on this machine"),
    }
    let url = format!("https://{address}/healthz");
    match run("curl", &["-sS", "--noproxy", "*", "--cacert", authority, &url]) {
        Some(done) => assert_eq!(String::from_utf8_lossy(&done.stdout), r#"{"status":"ok"}"#, "{done:?}"),
        None => eprintln!("skipped: no curl on this machine"),
    }
}

#[test]
fn a_renewed_certificate_is_taken_into_use_and_a_bad_one_is_not() {
    let service = service("elsewhere.pem");
    let cert = service.folder.path().join("cert.pem");
    assert!(post(&client(), &service).is_err());
    std::fs::write(&cert, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let still = post(&client(), &service).unwrap_err().to_string();
    assert!(still.contains("alid for"), "the former certificate is in use: {still}");
    std::fs::copy(fixture("loopback.pem"), &cert).unwrap();
    let begun = Instant::now();
    while post(&client(), &service).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the renewed certificate is not taken into use");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn it_does_not_start_with_files_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::new(Home::at(folder.path()));
    settings.listen = ([127, 0, 0, 1], 0).into();
    settings.tls = Some(Tls { cert: folder.path().join("none.pem"), key: fixture("server.key.pem") });
    let app = App::open(settings).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let error = runtime.block_on(interdict_server::start(app)).err().unwrap().to_string();
    assert!(error.contains("none.pem") && error.contains("hint: both are PEM"), "{error}");
}
