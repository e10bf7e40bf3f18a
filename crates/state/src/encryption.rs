//! TLS to PostgreSQL: whom a connection believes.
//!
//! Promises: [`Belief::Host`] verifies the certificate's authority, time and host, [`Belief::Chain`] all but the host;
//! [`Belief::Anybody`] hides what is sent from those who only listen and proves nothing, as `sslmode=require` means.
//!
//! Not here: reading it from an address (`address`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::StateError;

/// Who vouches for servers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Authorities {
    /// Those of a file in PEM.
    File(PathBuf),
    /// Those of the machine.
    System,
}

/// Whom a connection believes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Belief {
    /// Anybody.
    Anybody,
    /// Whoever has a certificate of an authority.
    Chain(Authorities),
    /// Whoever has one for the host that was asked for.
    Host(Authorities),
}

/// A certificate of one's own, with its key.
pub(crate) struct Own {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

fn refused(place: &str, reason: &str) -> StateError {
    let hint = "give files in PEM that this user may read".to_owned();
    StateError::Refused { reason: format!("{place}: {reason}"), hint }
}

/// The client's side of TLS.
pub(crate) fn client(belief: &Belief, own: Option<&Own>) -> Result<ClientConfig, StateError> {
    let provider = Arc::new(ring::default_provider());
    let failed = |error: Error| refused("TLS", &error.to_string());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(failed)?;
    let builder = match belief {
        Belief::Host(authorities) => builder.with_root_certificates(roots(authorities)?),
        Belief::Chain(authorities) => {
            let chain =
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots(authorities)?), Arc::clone(&provider));
            let chain = chain.build().map_err(|error| refused("sslrootcert", &error.to_string()))?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Lenient { provider, chain: Some(chain) }))
        }
        Belief::Anybody => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Lenient { provider, chain: None }))
        }
    };
    let mut config = match own {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let key = PrivateKeyDer::from_pem_file(&own.key);
            let key = key.map_err(|error| refused(&own.key.display().to_string(), &error.to_string()))?;
            builder.with_client_auth_cert(certificates(&own.cert)?, key).map_err(failed)?
        }
    };
    // What servers from version 17 on ask for when TLS begins at once.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(config)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, StateError> {
    let place = file.display().to_string();
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(found) if found.is_empty() => Err(refused(&place, "no certificate is in it")),
        Ok(found) => Ok(found),
        Err(error) => Err(refused(&place, &error.to_string())),
    }
}

fn roots(authorities: &Authorities) -> Result<RootCertStore, StateError> {
    let mut roots = RootCertStore::empty();
    match authorities {
        Authorities::File(file) => {
            for certificate in certificates(file)? {
                let added = roots.add(certificate);
                added.map_err(|error| refused(&file.display().to_string(), &error.to_string()))?;
            }
        }
        Authorities::System => {
            // Machines have odd certificates among theirs; one that cannot be read vouches for nobody.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err(refused("sslrootcert=system", "this machine has no authorities"));
            }
        }
    }
    Ok(roots)
}

/// Believes more than a browser would, because the address says so.
#[derive(Debug)]
struct Lenient {
    provider: Arc<CryptoProvider>,
    /// None believes anybody.
    chain: Option<Arc<WebPkiServerVerifier>>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end, between, name, ocsp, now) {
            // The name is looked at last, when all else holds.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        end: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, end, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        end: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, end, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
