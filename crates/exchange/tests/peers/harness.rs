//! Nodes to test with, and raw TLS ends for what no honest node would do.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{FutureExt as _, future::BoxFuture};
use quittance_domain::{
    Address, B256, Error, Result, SettlementId, document::Commitment, message::Message, party::Party,
};
use quittance_exchange::{Client, Directory, Handler, Identity, Limits, New, Pem, Vault, serve};
use rustls::{
    ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme, SupportedProtocolVersion,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _},
    sign::{CertifiedKey, SingleCertAndKey},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, TlsConnector, client::TlsStream};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

/// What a node was asked, and what it answers.
#[derive(Default)]
pub(crate) struct Desk {
    pub(crate) messages: Mutex<Vec<(Address, Message)>>,
    pub(crate) frames: Mutex<Vec<Address>>,
    pub(crate) deals: Mutex<HashMap<SettlementId, (Address, Commitment)>>,
    pub(crate) answer: Mutex<Option<Error>>,
}

impl Desk {
    /// How often anything at all was asked.
    pub(crate) fn asked(&self) -> usize {
        self.messages.lock().unwrap().len() + self.frames.lock().unwrap().len()
    }
}

impl Handler for Desk {
    fn message<'a>(&'a self, from: Address, message: Message) -> BoxFuture<'a, Result<()>> {
        self.messages.lock().unwrap().push((from, message));
        let answer = self.answer.lock().unwrap().clone();
        async move { answer.map_or(Ok(()), Err) }.boxed()
    }

    fn entitled<'a>(&'a self, from: Address, settlement: SettlementId) -> BoxFuture<'a, Result<Commitment>> {
        self.frames.lock().unwrap().push(from);
        let deal = self.deals.lock().unwrap().get(&settlement).copied();
        async move {
            match deal {
                Some((party, commitment)) if party == from => Ok(commitment),
                Some(_) => Err(Error::forbidden("the document is somebody else's").because("inside")),
                None => Err(Error::not_found("no such settlement")),
            }
        }
        .boxed()
    }
}

/// A party with its node.
pub(crate) struct Node {
    pub(crate) pem: Pem,
    pub(crate) party: Party,
    pub(crate) client: Client,
    pub(crate) vault: Vault,
    pub(crate) dir: TempDir,
    pub(crate) desk: Arc<Desk>,
    pub(crate) directory: Directory,
    pub(crate) cancel: CancellationToken,
    pub(crate) server: AbortOnDropHandle<Result<()>>,
    pub(crate) addr: SocketAddr,
}

impl Node {
    pub(crate) async fn start(name: &str) -> Self {
        Self::with(name, Limits::default()).await
    }

    pub(crate) async fn with(name: &str, limits: Limits) -> Self {
        Self::with_pem(name, limits, Identity::generate(&quittance_domain::party::did(name)).unwrap()).await
    }

    pub(crate) async fn with_pem(name: &str, limits: Limits, pem: Pem) -> Self {
        let identity = Identity::load(&pem.certificate, &pem.key).unwrap();
        let dir = TempDir::new().unwrap();
        let vault = Vault::open(dir.path(), &limits).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let party = Party {
            address: Address::from_slice(&identity.tls_key()[..20]),
            name: name.to_owned(),
            endpoint: format!("https://{addr}"),
            tls_key: identity.tls_key(),
        };
        let (desk, directory, cancel) =
            (Arc::new(Desk::default()), Directory::default(), CancellationToken::new());
        let client = Client::new(identity.clone(), limits.clone());
        let handler: Arc<dyn Handler> = desk.clone();
        let task = {
            let (directory, vault, cancel) = (directory.clone(), vault.clone(), cancel.clone());
            async move { serve(listener, &identity, directory, handler, vault, limits, cancel).await }
        };
        let server = AbortOnDropHandle::new(tokio::spawn(task));
        Self { pem, party, client, vault, dir, desk, directory, cancel, server, addr }
    }

    /// Makes these parties, and no others, known to this node.
    pub(crate) fn knows(&self, others: &[&Self]) {
        self.directory.replace(others.iter().map(|node| (node.party.tls_key, node.party.address)));
    }

    /// Takes a document in and promises it to a party.
    pub(crate) async fn promise(&self, document: &[u8], to: &Self) -> (SettlementId, Commitment) {
        self.promise_in(document, New::by(self.party.address), to).await
    }

    pub(crate) async fn promise_in(
        &self,
        document: &[u8],
        new: New,
        to: &Self,
    ) -> (SettlementId, Commitment) {
        let commitment = self.vault.add(document, new).await.unwrap().commitment;
        let settlement = SettlementId(B256::from_slice(&commitment.root[..]));
        self.desk.deals.lock().unwrap().insert(settlement, (to.party.address, commitment));
        (settlement, commitment)
    }

    pub(crate) async fn plain(&self, commitment: &Commitment) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.vault.open_plain(commitment).await.unwrap().read_to_end(&mut bytes).await.unwrap();
        bytes
    }
}

/// Two nodes who know each other.
pub(crate) async fn pair() -> (Node, Node) {
    pair_with(Limits::default()).await
}

pub(crate) async fn pair_with(limits: Limits) -> (Node, Node) {
    let (a, b) = (Node::with("alice", limits.clone()).await, Node::with("bob", limits).await);
    a.knows(&[&b]);
    b.knows(&[&a]);
    (a, b)
}

/// A message about nothing in particular.
pub(crate) fn hello() -> Message {
    Message::Acceptance { settlement: SettlementId(B256::repeat_byte(1)) }
}

/// Bytes that look like nothing.
pub(crate) fn random(len: usize) -> Vec<u8> {
    use rand::{RngCore as _, SeedableRng as _, rngs::StdRng};
    let mut bytes = vec![0; len];
    StdRng::seed_from_u64(5).fill_bytes(&mut bytes);
    bytes
}

/// Fails the test if this takes long.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("this should not take long")
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// A certificate with any key, belonging together or not.
pub(crate) fn shown(certificate: &str, key: &str) -> Arc<SingleCertAndKey> {
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let key = provider().key_provider.load_private_key(key).unwrap();
    Arc::new(SingleCertAndKey::from(CertifiedKey::new(vec![certificate], key)))
}

/// A client's end of TLS that trusts anybody and shows what it is given.
pub(crate) async fn raw(
    to: SocketAddr,
    show: Option<Arc<SingleCertAndKey>>,
    version: &'static SupportedProtocolVersion,
) -> std::io::Result<TlsStream<TcpStream>> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider())));
    let config = match show {
        Some(show) => builder.with_client_cert_resolver(show),
        None => builder.with_no_client_auth(),
    };
    let name = ServerName::try_from("peer.invalid").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(to).await?).await
}

/// What comes back until the other side closes.
pub(crate) async fn exchange(stream: &mut TlsStream<TcpStream>, request: &[u8]) -> std::io::Result<String> {
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// A server that shows this and says the same to whoever comes.
pub(crate) async fn parrot(
    show: Arc<SingleCertAndKey>,
    says: Vec<u8>,
) -> (SocketAddr, AbortOnDropHandle<()>) {
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(show);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let task = async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, says) = (acceptor.clone(), says.clone());
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await?;
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await?;
                stream.write_all(&says).await?;
                stream.shutdown().await
            });
        }
    };
    (addr, AbortOnDropHandle::new(tokio::spawn(task)))
}

#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
