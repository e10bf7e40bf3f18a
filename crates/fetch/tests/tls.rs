//! TLS against a server on loopback: who is trusted, and who is not.
//!
//! The certificates and the key under `fixtures/tls` were made for this test, by an authority whose own
//! key is gone.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

mod common;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use common::client;
use interdict_fetch::webhook::{Post, Secret, Tries};
use interdict_fetch::{Answer, Expected, FetchError, InMemory, Request, Url};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

const AUTHORITY: &[u8] = include_bytes!("fixtures/tls/authority.pem");
const KEY: &[u8] = include_bytes!("fixtures/tls/server.key.pem");
const LOOPBACK: &[u8] = include_bytes!("fixtures/tls/loopback.pem");
const ELSEWHERE: &[u8] = include_bytes!("fixtures/tls/elsewhere.pem");
const EXPIRED: &[u8] = include_bytes!("fixtures/tls/expired.pem");

const XML: &str = "<?xml version=\"1.0\"?><list/>";

/// A server with a certificate; its port.
fn serve(certificate: &'static [u8], answer: &'static str) -> u16 {
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate).unwrap()],
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(stream), Ok(server)) = (stream, ServerConnection::new(Arc::clone(&config))) else { continue };
            thread::spawn(move || {
                let mut stream = StreamOwned::new(server, stream);
                if stream.read(&mut [0; 4096]).is_ok() {
                    let _ = stream.write_all(answer.as_bytes());
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                }
            });
        }
    });
    port
}

fn fetch(port: u16, authorities: Option<&[u8]>) -> Result<Vec<u8>, FetchError> {
    let client = client(|settings| {
        settings.allow_http = false;
        settings.limits.attempts = 1;
        settings.authorities = authorities.map(<[u8]>::to_vec);
    });
    let url = Url::parse(&format!("https://127.0.0.1:{port}/list.xml")).unwrap();
    let request = Request { url: &url, known: None, authorization: None, expected: Expected::Xml };
    client.fetch(&request, &mut InMemory::default(), &|_| {}).map(|answer| match answer {
        Answer::Fetched(fetched) => fetched.bytes,
        Answer::Unchanged => Vec::new(),
    })
}

const OK: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 28\r\n\r\n<?xml version=\"1.0\"?><list/>";

#[test]
fn an_authority_of_ones_own_is_trusted_when_it_is_named_and_not_before() {
    let port = serve(LOOPBACK, OK);
    assert_eq!(fetch(port, Some(AUTHORITY)).unwrap(), XML.as_bytes());
    let error = fetch(port, None).unwrap_err().to_string();
    assert!(error.contains("TLS: ") && error.contains("UnknownIssuer"), "{error}");
}

#[test]
fn a_certificate_of_another_host_or_time_is_refused() {
    let error = fetch(serve(ELSEWHERE, OK), Some(AUTHORITY)).unwrap_err().to_string();
    assert!(error.contains("TLS: ") && error.contains("not valid for name"), "{error}");
    let error = fetch(serve(EXPIRED, OK), Some(AUTHORITY)).unwrap_err().to_string();
    assert!(error.contains("TLS: ") && error.contains("expired"), "{error}");
}

#[test]
fn a_way_from_https_to_http_is_not_taken() {
    let moved =
        "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:9/list.xml\r\n\r\n";
    let error = fetch(serve(LOOPBACK, moved), Some(AUTHORITY)).unwrap_err().to_string();
    assert!(error.contains("redirected from https to `http:`"), "{error}");
}

/// Sends an event to a server; what came of it.
fn deliver(port: u16, authorities: Option<&[u8]>) -> Result<u16, String> {
    let client = client(|settings| {
        settings.allow_http = false;
        settings.authorities = authorities.map(<[u8]>::to_vec);
    });
    let url = Url::parse(&format!("https://127.0.0.1:{port}/hook")).unwrap();
    let secrets = [Secret::shared([7; 32])];
    let post = Post { url: &url, id: "evt_1", body: b"{}", secrets: &secrets };
    let deadline = Instant::now() + Duration::from_secs(10);
    let tries = Tries { attempts: 3, pause: Duration::from_millis(1), deadline };
    let sent = client.deliver(&post, &tries, &|_, _| {});
    sent.map(|delivered| delivered.status).map_err(|failed| format!("{} attempt: {failed}", failed.attempts))
}

#[test]
fn an_event_goes_to_a_receiver_that_proves_who_it_is() {
    assert_eq!(deliver(serve(LOOPBACK, OK), Some(AUTHORITY)), Ok(200));
    for (certificate, authorities, part) in [
        (LOOPBACK, None, "UnknownIssuer"),
        (ELSEWHERE, Some(AUTHORITY), "not valid for name"),
        (EXPIRED, Some(AUTHORITY), "expired"),
    ] {
        let error = deliver(serve(certificate, OK), authorities).unwrap_err();
        assert!(error.starts_with("1 attempt") && error.contains(part) && error.contains("hint: --ca"), "{error}");
    }
    let moved = "HTTP/1.1 307 Moved\r\nConnection: close\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:9/\r\n\r\n";
    let error = deliver(serve(LOOPBACK, moved), Some(AUTHORITY)).unwrap_err();
    assert!(error.contains("a redirect is not followed"), "{error}");
}
