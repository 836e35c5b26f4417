//! Who this node is to its peers: a self-signed certificate whose public key the registry names.

use std::sync::Arc;

use quittance_domain::{B256, Error, Result};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};

use crate::tls;

/// A certificate and its private key as PEM text.
#[derive(Clone)]
pub struct Pem {
    /// The certificate: public.
    pub certificate: String,
    /// Its private key (PKCS #8): whoever has it is this party to its peers.
    pub key: String,
}

/// A loaded certificate with its key. Cheap to clone.
#[derive(Clone)]
pub struct Identity {
    certified: Arc<CertifiedKey>,
    tls_key: B256,
}

impl Identity {
    /// Makes a new key and a certificate that names `did`. It is valid for a century: peers go by the
    /// registry, where a key is replaced at any time.
    ///
    /// # Errors
    /// When `did` cannot be written in a certificate.
    pub fn generate(did: &str) -> Result<Pem> {
        let bad =
            |e: rcgen::Error| Error::invalid("cannot be written in a certificate").field("did").because(e);
        let mut params = CertificateParams::default();
        params.not_before = rcgen::date_time_ymd(2025, 1, 1);
        params.not_after = rcgen::date_time_ymd(2125, 1, 1);
        params.subject_alt_names = vec![SanType::URI(did.try_into().map_err(bad)?)];
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, did);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().map_err(Error::internal)?;
        let certificate = params.self_signed(&key).map_err(Error::internal)?;
        Ok(Pem { certificate: certificate.pem(), key: key.serialize_pem() })
    }

    /// Loads a certificate and its key from PEM text.
    ///
    /// # Errors
    /// Naming the `certificate` or the `key`: not PEM, not understood, or not belonging together.
    pub fn load(certificate: &str, key: &str) -> Result<Self> {
        let bad = |field: &'static str, text: &'static str| {
            move |e: rustls::pki_types::pem::Error| Error::invalid(text).field(field).because(e)
        };
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes())
            .map_err(bad("certificate", "must be a PEM certificate"))?;
        let key =
            PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(bad("key", "must be a PEM private key"))?;
        let tls_key = tls::tls_key(&certificate)
            .map_err(|e| Error::invalid("must be an X.509 certificate").field("certificate").because(e))?;
        let certified = CertifiedKey::from_der(vec![certificate], key, &tls::provider())
            .map_err(|e| Error::invalid("must be the certificate's private key").field("key").because(e))?;
        Ok(Self { certified: Arc::new(certified), tls_key })
    }

    /// SHA-256 of the public key (SubjectPublicKeyInfo): what the registry names.
    #[must_use]
    pub const fn tls_key(&self) -> B256 {
        self.tls_key
    }

    pub(crate) fn certified(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.certified)
    }
}

impl std::fmt::Debug for Identity {
    /// The public key only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("tls_key", &self.tls_key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_identity_loads_and_has_one_key() {
        let pem = Identity::generate("did:firefly:org/acme").unwrap();
        let identity = Identity::load(&pem.certificate, &pem.key).unwrap();
        assert_eq!(identity.tls_key(), Identity::load(&pem.certificate, &pem.key).unwrap().tls_key());
        assert!(!format!("{identity:?}").contains("PRIVATE"));
    }

    #[test]
    fn a_certificate_names_its_party_and_outlives_it() {
        let pem = Identity::generate("did:firefly:org/acme").unwrap();
        let (_, pem) = x509_parser::pem::parse_x509_pem(pem.certificate.as_bytes()).unwrap();
        let certificate = pem.parse_x509().unwrap();
        let names = certificate.subject_alternative_name().unwrap().unwrap();
        assert_eq!(
            names.value.general_names,
            [x509_parser::extensions::GeneralName::URI("did:firefly:org/acme")]
        );
        assert_eq!(certificate.validity().not_after.to_datetime().year(), 2125);
    }

    #[test]
    fn what_does_not_belong_together_is_named() {
        let (a, b) = (Identity::generate("did:a").unwrap(), Identity::generate("did:b").unwrap());
        let field = |certificate: &str, key: &str| {
            Identity::load(certificate, key).unwrap_err().field_name().unwrap().to_owned()
        };
        assert_eq!(field(&a.certificate, &b.key), "key");
        assert_eq!(field(&a.certificate, "nonsense"), "key");
        assert_eq!(field("nonsense", &a.key), "certificate");
        assert_eq!(Identity::generate("did:ü").err().unwrap().field_name(), Some("did"));
    }
}
