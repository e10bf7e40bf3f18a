//! HTTPS: the certificate, its renewal while the service runs, and what is said to those who come without TLS.
//!
//! Promises: TLS 1.2 and 1.3 only; whoever speaks plain HTTP to the port is told so and gets nothing else; a
//! certificate that was renewed is taken into use without a restart, and one that cannot be used leaves the
//! former in use.
//!
//! Not here: the socket (`serve`), who may ask (`door`).

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::serve::system;
use crate::{AppError, Tls};

/// The first byte of a TLS handshake (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;

/// What is said to those who come without TLS.
const PLAIN: &str = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/problem+json\r\n";

/// The same in the form of RFC 9457.
const PLAIN_BODY: &str = "{\"type\":\"urn:interdict:problem:bad_request\",\"title\":\"the request cannot be understood\",\
    \"status\":400,\"code\":\"bad_request\",\"detail\":\"this port speaks HTTPS only\",\"hint\":\"begin the address with https://\"}";

/// Reads certificate and key.
pub(crate) async fn open(tls: &Tls) -> Result<RustlsConfig, AppError> {
    // A second start in one process finds it installed, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let bad = system(
        format!("{}, {}", tls.cert.display(), tls.key.display()),
        "both are PEM files: the certificate with its chain, and its key in PKCS#8",
    );
    RustlsConfig::from_pem_file(&tls.cert, &tls.key).await.map_err(bad)
}

/// What tells that the files are others.
type Mark = [Option<(SystemTime, u64)>; 2];

fn mark(tls: &Tls) -> Mark {
    [&tls.cert, &tls.key].map(|path| {
        let meta = std::fs::metadata(path).ok()?;
        Some((meta.modified().ok()?, meta.len()))
    })
}

/// Takes renewed files into use, for as long as the service runs.
pub(crate) async fn follow(config: RustlsConfig, tls: Tls, every: Duration) {
    let mut seen = mark(&tls);
    let mut told = String::new();
    loop {
        tokio::time::sleep(every).await;
        let now = mark(&tls);
        if now == seen {
            continue;
        }
        match config.reload_from_pem_file(&tls.cert, &tls.key).await {
            Ok(()) => {
                tracing::info!("certificate replaced");
                seen = now;
                told.clear();
            }
            Err(error) => {
                // Between the one file and the other they do not fit: it is tried again each time.
                let reason = error.to_string();
                if told != reason {
                    tracing::error!(reason, "the new certificate cannot be used; the former one is");
                    told = reason;
                }
            }
        }
    }
}

/// Lets those in who speak TLS.
#[derive(Clone)]
pub(crate) struct Encrypted {
    inner: RustlsAcceptor,
    within: Duration,
}

impl Encrypted {
    pub(crate) fn new(config: RustlsConfig, within: Duration) -> Self {
        Self { inner: RustlsAcceptor::new(config).handshake_timeout(within), within }
    }
}

type Accepted<S> =
    io::Result<(<RustlsAcceptor as Accept<TcpStream, S>>::Stream, <RustlsAcceptor as Accept<TcpStream, S>>::Service)>;

impl<S: Send + 'static> Accept<TcpStream, S> for Encrypted {
    type Stream = <RustlsAcceptor as Accept<TcpStream, S>>::Stream;
    type Service = <RustlsAcceptor as Accept<TcpStream, S>>::Service;
    type Future = Pin<Box<dyn Future<Output = Accepted<S>> + Send>>;

    fn accept(&self, mut stream: TcpStream, service: S) -> Self::Future {
        let (inner, within) = (self.inner.clone(), self.within);
        Box::pin(async move {
            let mut first = [0];
            let peeked = tokio::time::timeout(within, stream.peek(&mut first)).await;
            let peeked = peeked.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            if peeked == 1 && first != [HANDSHAKE] {
                let text = format!("{PLAIN}Content-Length: {}\r\n\r\n{PLAIN_BODY}", PLAIN_BODY.len());
                stream.write_all(text.as_bytes()).await?;
                stream.shutdown().await?;
                // What was sent is taken from the socket, or its end would read as a reset.
                let mut rest = vec![0; 16 << 10];
                let _ =
                    tokio::time::timeout(Duration::from_secs(1), tokio::io::AsyncReadExt::read(&mut stream, &mut rest))
                        .await;
                return Err(io::Error::other("it speaks no TLS"));
            }
            inner.accept(stream, service).await
        })
    }
}
