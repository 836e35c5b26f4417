//! TLS 1.3 in which each side knows the other by its public key alone.
//!
//! The verifiers here answer two questions: is this the key that the registry names, and is the
//! certificate in date. That the peer holds the key is proved by the handshake's signature, which the
//! cryptography provider checks. Sessions are never resumed, so each connection asks anew.

use std::sync::Arc;

use quittance_domain::{B256, Error, Result};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, PeerIncompatible, ServerConfig,
    SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::{
        NoServerSessionStorage, ParsedCertificate,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    sign::SingleCertAndKey,
    version::TLS13,
};
use sha2::{Digest, Sha256};

use crate::{Directory, Identity};

type Outcome<T> = Result<T, rustls::Error>;

/// The one cryptography provider; named wherever it is needed rather than installed for the process.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// SHA-256 of a certificate's SubjectPublicKeyInfo, as read by the same parser that reads the key for the
/// handshake's signature: two parsers could be made to see two keys.
pub(crate) fn tls_key(certificate: &CertificateDer<'_>) -> Outcome<B256> {
    let spki = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
    Ok(B256::from_slice(&Sha256::digest(spki.as_ref())))
}

/// What a server shows and demands.
pub(crate) fn server(identity: &Identity, directory: Directory) -> Result<ServerConfig> {
    let verifier = Arc::new(KnownPeers { directory, provider: provider() });
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(Error::internal)?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(shown(identity)));
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// What a client shows, and whom it expects.
pub(crate) fn client(identity: &Identity, expected: B256) -> Result<ClientConfig> {
    let verifier = Arc::new(OnePeer { expected, provider: provider() });
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(Error::internal)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(Arc::new(shown(identity)));
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn shown(identity: &Identity) -> SingleCertAndKey {
    SingleCertAndKey::from(identity.certified())
}

/// Whether `now` is within the certificate's dates.
fn in_date(certificate: &CertificateDer<'_>, now: UnixTime) -> Outcome<()> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate)
        .map_err(|_| rustls::Error::from(CertificateError::BadEncoding))?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if now < parsed.validity().not_before.timestamp() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > parsed.validity().not_after.timestamp() {
        return Err(CertificateError::Expired.into());
    }
    Ok(())
}

/// For a server: admits whoever is in the directory now.
#[derive(Debug)]
struct KnownPeers {
    directory: Directory,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for KnownPeers {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Outcome<ClientCertVerified> {
        if self.directory.party(tls_key(certificate)?).is_none() {
            return Err(CertificateError::UnknownIssuer.into());
        }
        in_date(certificate, now).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Outcome<HandshakeSignatureValid> {
        Err(PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Outcome<HandshakeSignatureValid> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// For a client: accepts one key, whatever the host is called.
#[derive(Debug)]
struct OnePeer {
    expected: B256,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for OnePeer {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Outcome<ServerCertVerified> {
        if tls_key(certificate)? != self.expected {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        in_date(certificate, now).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Outcome<HandshakeSignatureValid> {
        Err(PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Outcome<HandshakeSignatureValid> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
